import Testing

@testable import OVSWire

/// A line as the protocol promises it, whatever pieces the stream came in.
enum SplitLine: Equatable, CustomStringConvertible {
  case text(String)
  case tooLong(start: String, count: Int, mentionsJSONRPC: Bool)

  var description: String {
    switch self {
    case .text(let text): text.debugDescription
    case .tooLong(let start, let count, let mentions):
      "overlong(\(start.debugDescription), \(count) bytes\(mentions ? ", jsonrpc" : ""))"
    }
  }
}

extension LineSplitter {
  /// The lines of a stream that comes in `pieces`. Also checks that no more is kept than the limit and a piece.
  static func lines(
    of pieces: [[UInt8]], limit: Int, isEnded: Bool = true, _ comment: @autoclosure () -> String = ""
  ) -> [SplitLine] {
    var splitter = LineSplitter(limit: limit)
    var lines: [SplitLine] = []
    for piece in pieces {
      splitter.append(piece.span)
      // The CR of a CR LF, and a byte order mark not yet told from text.
      let bound = limit + piece.count + 4
      if splitter.bytes.count > bound {
        Issue.record("\(splitter.bytes.count) bytes are kept; \(bound) would do. \(comment())")
      }
      while let line = splitter.next() { lines.append(splitter.split(line)) }
    }
    if isEnded {
      splitter.end()
      while let line = splitter.next() { lines.append(splitter.split(line)) }
    }
    return lines
  }

  private func split(_ line: Line) -> SplitLine {
    switch line {
    case .text(let range): .text(String(decoding: bytes[range], as: UTF8.self))
    case .tooLong(let line):
      .tooLong(
        start: String(decoding: line.start, as: UTF8.self), count: line.count, mentionsJSONRPC: line.mentionsJSONRPC)
    }
  }
}
