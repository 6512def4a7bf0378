import Foundation

/// A golden transcript: see Tests/Transcripts/README.md for its form.
struct Transcript: Sendable, CustomStringConvertible {
  /// Lines sent together and the lines that must come back before more is sent.
  struct Exchange: Sendable {
    var sent: [String] = []
    var expected: [String] = []
  }

  let name: String
  private(set) var options: [String] = []
  private(set) var exchanges: [Exchange] = []

  var description: String { name }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Transcripts")

  static let all: [Transcript] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap { try? Transcript(name: $0) }
  }()

  init(name: String) throws {
    self.name = name
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      switch line.prefix(2) {
      case "$ ": options = line.dropFirst(2).split(separator: " ").map(String.init)
      case "> ":
        if exchanges.last?.expected.isEmpty != true { exchanges.append(Exchange()) }
        exchanges[exchanges.count - 1].sent.append(String(line.dropFirst(2)))
      case "< ":
        guard !exchanges.isEmpty else { throw Trouble("\(name) expects a line before any is sent") }
        exchanges[exchanges.count - 1].expected.append(String(line.dropFirst(2)))
      default:
        guard line.isEmpty || line.hasPrefix("#") else { throw Trouble("\(name) has an unknown line: \(line)") }
      }
    }
  }

  /// The options that the test server takes in place of the sandbox, and those that stay the bridge's.
  var serverOptions: (server: [String], bridge: [String]) {
    var server: [String] = []
    var bridge: [String] = []
    var isServers = false
    for option in options {
      if option.hasPrefix("--") { isServers = option.hasPrefix("--sandbox-") }
      if isServers {
        server.append(option.replacingOccurrences(of: "--sandbox-", with: "--"))
      } else {
        bridge.append(option)
      }
    }
    return (server, bridge)
  }

  /// Whether all of it can be sent at once: no line sent depends on one received.
  var isOnePiece: Bool { !exchanges.contains { $0.sent.contains { $0.contains("<<") } } }
}

/// What the placeholders of a transcript stand for so far.
struct Bindings {
  private var values: [Substring: Substring]

  /// Nothing but what stands for the back end from the start.
  init(backend: String = "sandbox", domain: String? = nil) {
    values = ["backend": Substring(backend), "api_domain": domain.map { "\"\($0)\"" } ?? "null"]
  }

  /// A line to send, its placeholders replaced.
  func filled(_ line: String) -> String {
    values.reduce(line) { $0.replacingOccurrences(of: "<<\($1.key)>>", with: $1.value) }
  }

  /// Whether `line` is what is expected; binds the names that are new.
  mutating func match(_ line: String, _ expected: String) -> Bool {
    var line = line[...]
    var expected = filled(expected)[...]
    var bound = values
    while let open = expected.range(of: "<<"), let close = expected.range(of: ">>") {
      guard line.hasPrefix(expected[..<open.lowerBound]) else { return false }
      line = line.dropFirst(expected[..<open.lowerBound].count)
      let name = expected[open.upperBound..<close.lowerBound]
      expected = expected[close.upperBound...]
      let next = expected.range(of: "<<").map { expected[..<$0.lowerBound] } ?? expected
      guard let value = Self.value(at: line, before: next) else { return false }
      line = line.dropFirst(value.count)
      if name != "*" { bound[name] = value }
      values = bound
      expected = filled(String(expected))[...]
    }
    return line == expected
  }

  /// The shortest part of a JSON string or number that `next` follows.
  private static func value(at line: Substring, before next: Substring) -> Substring? {
    var end = line.startIndex
    while end < line.endIndex {
      if line[end] == "\"" { return nil }
      end = line.index(end, offsetBy: line[end] == "\\" ? 2 : 1, limitedBy: line.endIndex) ?? line.endIndex
      if line[end...].hasPrefix(next) { return line[..<end] }
    }
    return nil
  }
}
