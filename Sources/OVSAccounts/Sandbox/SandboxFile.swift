import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file that keeps the sandbox's accounts when the process is gone.
///
/// It is text in lines. The first names the format and its version: `{"ovs-bridge-sandbox":1}`. Each other one is a
/// record: its check sum (FNV-1a, 64 bits, in 16 hexadecimal digits), a space, and a JSON object, which is an account as
/// it is from then on, or says that one was closed. So the last record of an account counts, and a change is one line
/// at the end.
///
/// A record is handed to the system in one go before the change it tells of takes effect. A process that is killed
/// while it writes leaves a last line without its end, which is dropped when the file is opened again; nothing else is
/// ever mended. The file is its owner's alone, and one process's at a time (flock).
struct SandboxFile: ~Copyable {
  /// Why a file can't be used, in words that follow its path.
  struct Fault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    /// What the system says of its last call.
    static func system(_ what: String, _ error: Int32 = errno) -> Fault {
      Fault("\(what): \(String(cString: strerror(error)))")
    }
  }

  private static let header = #"{"ovs-bridge-sandbox":1}"#
  private static let pieceSize = 1 << 20
  /// So many records may be out of date before there is any use in writing the file anew.
  private static let toleratedRecords = 10_000

  /// The file itself, no link to it.
  let path: String
  private var descriptor: Int32
  /// Where the next record goes.
  private var end: off_t = 0
  /// How many records there are, those that are out of date included.
  private var count = 0
  /// What is written before the file may be written anew, after that has failed.
  private var patience = 0
  /// Set once there is half a record that can't be taken back: what follows it would be lost with it.
  private var isBroken = false
  private var line = JSONWriter()

  /// Opens a file, or makes one, and gives all its records to `take`, which says what is wrong with one, if anything.
  ///
  /// - Parameters:
  ///   - path: where it is.
  ///   - warn: takes what is to be told about the file.
  ///   - take: takes a record.
  /// - Throws: why it can't be used; it is as it was.
  static func opened(
    _ path: String, warn: (String) -> Void, _ take: (JSONValue) -> String?
  ) throws(Fault) -> SandboxFile {
    var file = SandboxFile(try openLocked(path), Self.resolved(path))
    let (lineCount, rest) = try file.read(take)
    try file.mend(lineCount, rest, warn)
    return file
  }

  /// Reads a file that is there as ``opened(_:warn:_:)`` does, but makes and mends nothing.
  ///
  /// - Returns: whether its last line was being written when its process ended.
  /// - Throws: why it can't be used.
  static func inspect(_ path: String, _ take: (JSONValue) -> String?) throws(Fault) -> Bool {
    var file = SandboxFile(try openLocked(path, asItIs: true), Self.resolved(path))
    let (lineCount, rest) = try file.read(take)
    return lineCount > 0 && rest
  }

  private init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    close(descriptor)
  }

  // MARK: Opening

  /// Opens a file for this process alone.
  private static func openLocked(_ path: String, asItIs: Bool = false) throws(Fault) -> Int32 {
    while true {
      // Without waiting, should it be a pipe.
      let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
      let descriptor = open(path, asItIs ? flags : flags | O_CREAT, 0o600)
      guard descriptor >= 0 else { throw .system("can't be opened") }
      do throws(Fault) {
        if try isLocked(descriptor, path, asItIs: asItIs) { return descriptor }
        close(descriptor)
      } catch {
        close(descriptor)
        throw error
      }
    }
  }

  /// Locks an open file; false if another has taken its place in the meantime.
  private static func isLocked(_ descriptor: Int32, _ path: String, asItIs: Bool) throws(Fault) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("can't be looked at") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Fault("is no regular file") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK
        ? Fault("is used by another process; each needs a file of its own") : .system("can't be locked")
    }
    var current = stat()
    guard stat(path, &current) == 0, current.st_dev == status.st_dev, current.st_ino == status.st_ino else {
      return false
    }
    guard asItIs || status.st_mode & 0o777 == 0o600 || fchmod(descriptor, 0o600) == 0 else {
      throw .system("holds passwords, but can't be made its owner's alone")
    }
    return true
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Reads all lines; says how many there are, and whether there is something behind the last.
  private mutating func read(_ take: (JSONValue) -> String?) throws(Fault) -> (lineCount: Int, hasRest: Bool) {
    var document = JSONDocument()
    var bytes: [UInt8] = []
    var number = 0
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    while true {
      let size = pread(descriptor, &piece, piece.count, end + off_t(bytes.count))
      guard size >= 0 else { throw .system("can't be read") }
      if size == 0 { break }
      // What was there before holds no line's end.
      let searched = bytes.count
      bytes += piece[..<size]
      var start = 0
      while let stop = bytes[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) {
        number += 1
        try readLine(bytes[start..<stop], number, &document, take)
        start = stop + 1
      }
      // Whatever it is, it is not to be read to its end.
      if number == 0, bytes.count > Self.header.utf8.count { throw Fault("is no sandbox file") }
      end += off_t(start)
      bytes.removeSubrange(..<start)
    }
    if number == 0, !Array(Self.header.utf8).starts(with: bytes) { throw Fault("is no sandbox file") }
    return (number, !bytes.isEmpty)
  }

  /// Makes the file ready for more, of which so many lines were read.
  private mutating func mend(_ lineCount: Int, _ hasRest: Bool, _ warn: (String) -> Void) throws(Fault) {
    if hasRest {
      if lineCount > 0 { warn("the last line of \(path) was being written when the process ended; it is dropped") }
      guard ftruncate(descriptor, end) == 0 else { throw .system("can't be written to") }
    }
    if lineCount == 0 {
      line.raw(Array(Self.header.utf8))
      if let error = append() { throw .system("can't be written to", error) }
    }
  }

  private mutating func readLine(
    _ bytes: ArraySlice<UInt8>, _ number: Int, _ document: inout JSONDocument, _ take: (JSONValue) -> String?
  ) throws(Fault) {
    guard number > 1 else {
      let text = String(decoding: bytes.prefix(100), as: UTF8.self)
      guard text != Self.header else { return }
      throw text.hasPrefix(#"{"ovs-bridge-sandbox":"#)
        ? Fault("is a sandbox file of a version that this program doesn't know: \(text)") : Fault("is no sandbox file")
    }
    func damaged(_ reason: String) -> Fault {
      Fault("is damaged in line \(number): \(reason); it is left as it is")
    }
    let json = bytes.dropFirst(17)
    guard bytes.count > 17, bytes.starts(with: Self.checkSum(of: json.span)) else {
      throw damaged("its check sum is another")
    }
    do throws(JSONError) {
      try document.parse(json.span)
    } catch {
      throw damaged("it is no JSON at byte \(error.offset + 17): \(error.reason)")
    }
    if let reason = take(document.value(of: document.root)) { throw damaged(reason) }
    count += 1
  }

  // MARK: Writing

  /// Appends a record.
  ///
  /// - Throws: why it can't be kept; then the file is as before.
  mutating func append(_ record: JSONValue) throws(Fault) {
    guard !isBroken else { throw Fault("could not be written to before") }
    Self.put(record, in: &line)
    if let error = append() { throw .system("can't be written to", error) }
    count += 1
  }

  private static func put(_ record: JSONValue, in line: inout JSONWriter) {
    var json = JSONWriter()
    json.value(record)
    let bytes = json.bytes.array
    line.raw(checkSum(of: bytes.span))
    line.raw(" ")
    line.raw(bytes)
  }

  /// Appends the line in hand; `errno` if that fails, in which case what was written of it is taken back.
  private mutating func append() -> Int32? {
    line.raw("\n")
    let size = off_t(line.bytes.count)
    let error = Self.writeAll(&line, to: descriptor)
    guard let error else {
      end += size
      return nil
    }
    isBroken = ftruncate(descriptor, end) != 0
    return error
  }

  /// Writes all of it and forgets it; `errno` if that fails.
  private static func writeAll(_ lines: inout JSONWriter, to descriptor: Int32) -> Int32? {
    defer { lines.bytes.removeAll(keepingAtMost: pieceSize) }
    return lines.bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0, errno == EINTR { continue }
        // A disk that is full may take a part, and then nothing.
        guard count > 0 else { return count < 0 ? errno : ENOSPC }
        written += count
      }
      return nil
    }
  }

  /// FNV-1a over the bytes, as digits.
  private static func checkSum(of bytes: Span<UInt8>) -> [UInt8] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return hexadecimal(hash)
  }

  // MARK: Writing anew

  /// Whether most records are out of date, if `live` of them aren't.
  func isOvergrown(live: Int) -> Bool { count > 2 * live + Self.toleratedRecords + patience }

  /// Writes the file anew with these records alone. Until that is done, and where it fails, the old one stays.
  mutating func rewrite(_ records: some Sequence<JSONValue>) throws(Fault) {
    do throws(Fault) {
      try replace(records)
      patience = 0
    } catch {
      patience += count
      throw error
    }
  }

  private mutating func replace(_ records: some Sequence<JSONValue>) throws(Fault) {
    let newPath = path + ".new"
    // One may be left of a process that was killed here.
    unlink(newPath)
    let new = open(newPath, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard new >= 0 else { throw .system("can't be written anew") }
    do throws(Fault) {
      // Before it has the name: whoever opens that finds it locked.
      guard flock(new, LOCK_EX | LOCK_NB) == 0 else { throw .system("can't be locked anew") }
      var (size, number): (off_t, Int) = (0, 0)
      var lines = JSONWriter()
      lines.raw(Array(Self.header.utf8))
      lines.raw("\n")
      for record in records {
        Self.put(record, in: &lines)
        lines.raw("\n")
        number += 1
        guard lines.bytes.count > Self.pieceSize else { continue }
        size += off_t(lines.bytes.count)
        if let error = Self.writeAll(&lines, to: new) { throw .system("can't be written anew", error) }
      }
      size += off_t(lines.bytes.count)
      if let error = Self.writeAll(&lines, to: new) { throw .system("can't be written anew", error) }
      // On the disk before it takes the place of what is there already.
      guard fsync(new) == 0, rename(newPath, path) == 0 else { throw .system("can't be written anew") }
      close(descriptor)
      descriptor = new
      (end, count, isBroken) = (size, number, false)
    } catch {
      unlink(newPath)
      close(new)
      throw error
    }
  }
}

/// A word in 16 hexadecimal digits.
func hexadecimal(_ word: UInt64) -> [UInt8] {
  let digits = Array("0123456789abcdef".utf8)
  return (0..<16).map { digits[Int(word >> (60 - 4 * UInt64($0)) & 15)] }
}
