// swift-tools-version: 6.2
import PackageDescription

/// Our own code compiles in Swift 6 mode without a single warning; dependencies are not held to that.
let ours: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func target(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: ours)
}

func tests(of name: String, also dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
    swiftSettings: ours)
}

// The C libraries, as Debian ships them.
let shims: [Target] = [
  // libpng and libjpeg report errors by longjmp, which Swift cannot receive: these targets catch it in C.
  .target(name: "CPNG", linkerSettings: [.linkedLibrary("png16")]),
  .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
  .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
  // Linux calls that the Glibc module leaves out.
  .systemLibrary(name: "CLinux"),
  .systemLibrary(name: "CInotifyTools", providers: [.apt(["libinotifytools0-dev"])]),
  .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
  // One HTTP request through libcurl, whose functions are variadic, which Swift cannot call.
  .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
  // The Compact Language Detector 2, whose interface is C++.
  .target(name: "CCLD2", linkerSettings: [.linkedLibrary("cld2")]),
]

// The engine: pure functions of their inputs. Arrows point upwards in this list only.
let engine: [Target] = [
  // Elementwise kernels in C, several instruction sets in one binary, chosen at run time.
  .target(name: "Kernels"),
  // Dense float32 arrays, whole-array operations, parallelism, random streams.
  target("Tensors", uses: ["Kernels", "Threads"]),
  // Reverse-mode differentiation: a tape over whole-array operations.
  target("Autodiff", uses: ["Tensors"]),
  // Checkpoint files: safetensors by mmap, shards, strict key maps.
  target("Checkpoints", uses: ["Tensors"]),
  // Layers with parameters, read from checkpoints.
  target("Layers", uses: ["Tensors", "Autodiff", "Checkpoints"]),
  // PNG and JPEG files, Pillow-exact resampling, PNG metadata.
  target("Images", uses: ["CPNG", "CJPEG"]),
  // Text to token ids, from Hugging Face tokenizer files.
  target("Tokenizers"),
  // CLIP: the two towers, the lone text encoder, the image preprocessing.
  target("CLIP", uses: ["Autodiff", "Layers", "Images", "Tokenizers"]),
  // The T5 v1.1 encoder.
  target("T5", uses: ["Layers"]),
  // GroundingDINO: boxes of what a phrase names, in a picture.
  target("GroundingDINO", uses: ["Layers", "Images", "Tokenizers"]),
  // FLUX.1: transformer, autoencoder, scheduler, pipeline.
  target("FLUX", uses: ["Autodiff", "Layers", "CLIP", "T5", "Tokenizers"]),
  // Scores of (prompt, image) pairs.
  target("Rewards", uses: ["CLIP"]),
  // Training: optimizer, schedules, and the losses of reward training, SFT and OFT.
  target("FineTuning", uses: ["Autodiff", "FLUX", "Rewards", "GroundingDINO"]),
  // Model folders of published shapes with random weights.
  target("Synthesis", uses: ["CLIP", "FLUX", "T5"]),
  // Procedural science scenes with prompts, boxes and pixel oracles.
  target("Scenes", uses: ["Images", "CCairo", "Threads"]),
]

// What both sides may use.
let shared: [Target] = [
  // Threads that end cleanly, and work shared among some.
  target("Threads", uses: ["CLinux"]),
  // SHA-256 of bytes and files.
  target("Fingerprints", uses: ["CCrypto"]),
  // The style that all pages share, and plots.
  target("Pages", uses: ["Fingerprints"]),
  // Programs that run beside this one.
  target("ChildProcesses", uses: ["CLinux", "Threads"]),
  // What a process may open, taken away from it for good.
  target("Confinement", uses: ["CLinux"]),
  // Asks language models behind OpenAI-compatible endpoints to judge pictures, and reads their answers.
  target("Judging", uses: ["CCurl", "Fingerprints", "Threads"]),
]

// The spool side: jobs, folders and processes. Knows no tensors.
let spool: [Target] = [
  // Job requests, results and failures: what a job file may say.
  target("Jobs", uses: ["CLinux"]),
  // The SQLite record of jobs, attempts, events and images.
  target("Ledger", uses: ["Jobs", .product(name: "GRDB", package: "GRDB.swift")]),
  // The spool folders: watching, claiming, publishing, recovery.
  target("Spooling", uses: ["Jobs", "CInotifyTools", "CLinux", "Threads"]),
  // What holds for each spool: configuration file, environment, command line, defaults.
  target("Configuration", uses: ["Jobs", "Spooling"]),
  // Decides what runs next and supervises the worker process.
  target(
    "Daemon",
    uses: [
      "ChildProcesses", "CLinux", "Jobs", "Ledger", "Pages", "Spooling", "Threads",
      .product(name: "Logging", package: "swift-log"),
    ]),
  // Drives a whole daemon hard and says how it did: load, storms of kills.
  target(
    "Trials",
    uses: [
      "ChildProcesses", "Daemon", "Jobs", "Ledger", "Spooling", .product(name: "GRDB", package: "GRDB.swift"),
    ]),
]

// Where the two sides meet.
let meeting: [Target] = [
  // Measures models: rates with standard errors, against the scenes' oracles.
  target("Evaluation", uses: ["FLUX", "Rewards", "GroundingDINO", "Scenes"]),
  // Computations of real models' shapes that are timed.
  target("ModelTrials", uses: ["Kernels", "FLUX", "CLIP", "Synthesis", "ChildProcesses", "Jobs"]),
  // Each job kind as calls into the engine, and the shelf of resident models.
  target(
    "JobRunners",
    uses: [
      "Jobs", "FLUX", "Rewards", "FineTuning", "GroundingDINO", "Scenes", "Images", "Fingerprints", "CLinux",
      "CCLD2", "Evaluation", "Judging", "Pages", "Threads",
    ]),
  // The paper's claims at miniature size: which jobs show them, and what came of it.
  target("Reproduction", uses: ["Evaluation", "Jobs", "Pages"]),
  // Finished benchmarks in tables of those that can be compared.
  target("Leaderboards", uses: ["Fingerprints", "Jobs", "Pages"]),
  .executableTarget(
    name: "scispool",
    dependencies: [
      "Autodiff", "Checkpoints", "CLIP", "Configuration", "Confinement", "Daemon", "Evaluation",
      "FineTuning",
      "FLUX",
      "GroundingDINO", "JobRunners", "Kernels", "Leaderboards", "ModelTrials", "Pages", "Reproduction",
      "Scenes", "Synthesis", "Tensors",
      "Threads", "Trials",
      .product(name: "Logging", package: "swift-log"),
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], swiftSettings: ours),
]

let sharedTests: [Target] = [
  // GGUF files for tests.
  .target(name: "GGUFWriting", path: "Tests/GGUFWriting", swiftSettings: ours),
  // An HTTP server on this machine that behaves, or misbehaves, as a test says.
  .target(name: "LocalServer", path: "Tests/LocalServer", swiftSettings: ours),
  // A headless Chromium for tests of pages.
  .target(name: "Browser", dependencies: ["ChildProcesses"], path: "Tests/Browser", swiftSettings: ours),
  tests(of: "Fingerprints"), tests(of: "Pages", also: ["Browser", "Fingerprints"]),
  tests(of: "Threads"), tests(of: "ChildProcesses"),
  tests(of: "Judging", also: ["ChildProcesses", "LocalServer", "Fingerprints"]),
]

let engineTests: [Target] = [
  tests(of: "Kernels"), tests(of: "Tensors"), tests(of: "Autodiff", also: ["Tensors"]),
  tests(of: "Checkpoints", also: ["GGUFWriting"]),
  tests(of: "Layers"), tests(of: "Images"),
  tests(of: "Tokenizers"), tests(of: "CLIP", also: ["Autodiff"]), tests(of: "T5"),
  tests(of: "FLUX", also: ["Autodiff", "Checkpoints"]),
  tests(of: "GroundingDINO"), tests(of: "Rewards"), tests(of: "Scenes"),
  tests(of: "Synthesis", also: ["Checkpoints", "FLUX", "CLIP", "Tensors", "Tokenizers"]),
  tests(of: "FineTuning", also: ["Autodiff", "Tensors", "FLUX", "CLIP", "Checkpoints", "GroundingDINO"]),
  // Runs every parity case folder: our numbers against the references' numbers.
  .testTarget(
    name: "ParityTests",
    dependencies: [
      "Checkpoints", "Tensors", "Images", "Tokenizers", "CLIP", "T5", "FLUX", "GroundingDINO", "Fingerprints",
      "FineTuning", "Autodiff",
    ],
    exclude: [], swiftSettings: ours),
]

let spoolTests: [Target] = [
  tests(of: "Jobs"),
  tests(of: "Ledger", also: ["Jobs", .product(name: "GRDB", package: "GRDB.swift")]),
  tests(of: "Spooling", also: ["Jobs"]),
  tests(of: "Configuration", also: ["Jobs"]),
  tests(
    of: "Daemon",
    also: ["Jobs", "Ledger", "Spooling", .product(name: "Logging", package: "swift-log")]),
  tests(
    of: "JobRunners",
    also: [
      "Browser", "Jobs", "FLUX", "GGUFWriting", "Images", "Checkpoints", "Tensors", "Fingerprints", "Scenes",
      "Judging",
      "LocalServer",
    ]),
  tests(of: "Evaluation", also: ["Fingerprints", "Scenes"]),
  tests(of: "ModelTrials"),
  tests(of: "Reproduction", also: ["Jobs"]),
  tests(of: "Leaderboards", also: ["Browser", "Jobs"]),
  // Drives the real binary.
  .testTarget(
    name: "EndToEndTests",
    dependencies: [
      "ChildProcesses", "JobRunners", "Jobs", "Ledger", "LocalServer", "Spooling", "Trials", "scispool",
    ],
    // The tests compile it themselves.
    exclude: ["Faults/faults.c"], swiftSettings: ours),
]

let package = Package(
  name: "scispool",
  products: [.executable(name: "scispool", targets: ["scispool"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: shims + shared + engine + spool + meeting + sharedTests + engineTests + spoolTests
)
