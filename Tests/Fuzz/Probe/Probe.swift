import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Shows what the wire makes of any bytes, for the fuzzer (`Tests/Fuzz`).
///
/// Input and output are frames: a length, four bytes with the lowest first, and as many bytes. A first word says what a
/// frame of output holds, the rest of it follows a space.
///
///     fuzz-probe scanner
///
/// Each frame is a text. `error OFFSET KEPT` or `value VALUE` answers it, or `twice OFFSET VALUE` if a member stands
/// twice; KEPT is what can be read before the fault.
///
///     fuzz-probe splitter LIMIT
///
/// Each frame is a piece of a stream, and an empty frame ends the stream. `text LINE` and `long BYTES NAMED START` are
/// its lines, NAMED whether it says "jsonrpc"; `end MOST` comes behind them, with the most bytes that were in hand
/// beyond what came in one piece.
@main struct Probe: ~Copyable {
  private let input = Self.allInput()
  private var taken = 0
  private var output = ByteBuffer()

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    var probe = Probe()
    switch (arguments.first, arguments.dropFirst().first.flatMap { Int($0) }) {
    case ("scanner", nil): probe.scan()
    case ("splitter", let limit?) where limit > 0: probe.split(limit: limit)
    default:
      let usage = "usage: fuzz-probe scanner | splitter LIMIT\n"
      _ = usage.withCString { write(STDERR_FILENO, $0, usage.utf8.count) }
      exit(64)
    }
    probe.flush()
  }

  private mutating func scan() {
    // One for all, as in the bridge: what a text leaves behind may harm the next.
    var document = JSONDocument()
    while let text = frame() {
      var writer = JSONWriter()
      do {
        try document.parse(text.span)
        writer.value(document.value(of: document.root))
        if let duplicate = document.duplicate(in: document.root) {
          answer("twice \(duplicate.offset)", writer.bytes.array)
        } else {
          answer("value", writer.bytes.array)
        }
      } catch {
        writer.value(document.value(of: document.root))
        answer("error \(error.offset)", writer.bytes.array)
      }
    }
  }

  private mutating func split(limit: Int) {
    var splitter = LineSplitter(limit: limit)
    var most = 0
    while let piece = frame() {
      if piece.isEmpty {
        splitter.end()
      } else {
        splitter.append(piece.span)
        most = max(most, splitter.bytes.count - piece.count)
      }
      while let line = splitter.next() {
        switch line {
        case .text(let range): answer("text", Array(splitter.bytes[range]))
        case .tooLong(let line): answer("long \(line.count) \(line.mentionsJSONRPC)", line.start)
        }
      }
      if piece.isEmpty {
        answer("end \(most)", [])
        splitter = LineSplitter(limit: limit)
        most = 0
      }
    }
  }

  // MARK: Frames

  /// The next frame of the input; nil at its end.
  private mutating func frame() -> [UInt8]? {
    guard let head = bytes(4) else { return nil }
    return bytes(head.reversed().reduce(0) { $0 << 8 | Int($1) })
  }

  private mutating func bytes(_ count: Int) -> [UInt8]? {
    guard input.count - taken >= count else { return nil }
    taken += count
    return Array(input[taken - count..<taken])
  }

  private mutating func answer(_ word: String, _ rest: [UInt8]) {
    let head = Array(word.utf8) + [UInt8(ascii: " ")]
    let count = head.count + rest.count
    for shift in [0, 8, 16, 24] { output.append(UInt8(truncatingIfNeeded: count >> shift)) }
    output.append(contentsOf: head)
    output.append(contentsOf: rest)
    if output.count > 1 << 16 { flush() }
  }

  private mutating func flush() {
    output.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard count > 0 else { exit(74) }
        rest = rest.dropFirst(count)
      }
    }
    output.removeAll(keepingAtMost: .max)
  }

  /// All of standard input.
  private static func allInput() -> [UInt8] {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
