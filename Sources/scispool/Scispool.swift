@main struct Scispool { static func main() {} }
