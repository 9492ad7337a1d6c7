import CPNG
import Foundation

/// A piece of text inside a PNG file.
package struct PNGText: Equatable, Sendable {
  /// 1 to 79 Latin-1 characters: `parameters`, `scispool`.
  package let keyword: String
  package let text: String

  package init(keyword: String, text: String) {
    (self.keyword, self.text) = (keyword, text)
  }
}

extension RGBImage {
  /// The picture as a PNG file, with the given texts.
  ///
  /// Text that Latin-1 can say is stored as tEXt, which every viewer reads; other text as iTXt in UTF-8.
  package func pngData(texts: [PNGText] = []) -> Data {
    var data = Data()
    var status = cpng_image()
    let chunks = texts.map { text in
      let isLatin = text.text.unicodeScalars.allSatisfy { $0.value < 256 && ($0.value >= 32 || $0 == "\n") }
      let encoded = text.text.data(using: isLatin ? .isoLatin1 : .utf8) ?? Data()
      // A zero byte would end the text early.
      return (
        keyword: strdup(text.keyword), text: Self.cString(encoded.filter { $0 != 0 }),
        isUTF8: isLatin ? 0 : 1 as Int32
      )
    }
    defer {
      for chunk in chunks {
        free(chunk.keyword)
        chunk.text.deallocate()
      }
    }
    let list = chunks.map { cpng_text(keyword: $0.keyword, text: $0.text, is_utf8: $0.isUTF8) }
    let result = withUnsafeMutablePointer(to: &data) { target in
      cpng_encode(
        pixels, UInt32(width), UInt32(height), list, Int32(list.count), target,
        { context, bytes, count in
          guard let bytes else { return }
          context!.assumingMemoryBound(to: Data.self).pointee.append(bytes, count: count)
        }, &status)
    }
    // Encoding valid pixels into memory has no input of anybody's to fail on.
    precondition(
      result == 0,
      "libpng: \(withUnsafeBytes(of: &status.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })"
    )
    return data
  }

  /// The texts of a PNG file's bytes; empty when there are none or it is no PNG file.
  package static func pngTexts(in data: Data) -> [PNGText] {
    var found: [PNGText] = []
    var status = cpng_image()
    _ = data.withUnsafeBytes { bytes in
      withUnsafeMutablePointer(to: &found) { target in
        cpng_read_texts(
          bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, target,
          { context, keyword, text, length, isUTF8 in
            guard let keyword, let text else { return }
            let data = Data(bytes: text, count: length)
            let string = String(data: data, encoding: isUTF8 != 0 ? .utf8 : .isoLatin1) ?? ""
            context!.assumingMemoryBound(to: [PNGText].self).pointee.append(
              PNGText(keyword: String(cString: keyword), text: string))
          }, &status)
      }
    }
    return found
  }

  private static func cString(_ data: Data) -> UnsafeMutablePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: data.count + 1)
    data.withUnsafeBytes {
      UnsafeMutableRawPointer(copy).copyMemory(
        from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: data.count)
    }
    copy[data.count] = 0
    return copy
  }
}
