import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What stands in files that options and arguments name, keys and passwords among it.
enum FileContents {
  /// The bytes of a file, up to so many.
  static func bytes(ofFile path: String, upTo limit: Int) throws(Option.ValueError) -> [UInt8] {
    try bytes(of: fopen(path, "r"), upTo: limit)
  }

  /// The bytes of a file that has just been opened, up to so many; it is closed then. Nil is one that can't be opened.
  static func bytes(of file: UnsafeMutablePointer<FILE>?, upTo limit: Int) throws(Option.ValueError) -> [UInt8] {
    guard let file else { throw .init(reason: "can't be read: \(String(cString: strerror(errno)))") }
    // It may hold a key, of which no copies are to be left.
    setvbuf(file, nil, _IONBF, 0)
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    defer { wipe(&piece) }
    while bytes.count < limit {
      let count = fread(&piece, 1, min(piece.count, limit - bytes.count), file)
      guard ferror(file) == 0 else { throw .init(reason: "can't be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return bytes
  }

  /// The text that bytes are in UTF-8, without the byte order mark that some editors put before it; nil if they are none.
  static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return String(validating: bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes, as: UTF8.self)
  }

  /// The lines of a small file but for empty ones; nil if they are no text.
  static func lines(ofFile path: String) throws(Option.ValueError) -> [String]? {
    var bytes = try bytes(ofFile: path, upTo: 4096)
    defer { wipe(&bytes) }
    guard let text = text(bytes[...]), bytes.count < 4096 else { return nil }
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }
}
