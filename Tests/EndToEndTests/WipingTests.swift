import Foundation
import Testing

/// Lines and answers that held secrets are not left in memory.
///
/// What stands in quotes behind a colon or a comma can only be in a buffer: the value alone is also
/// where it is still needed, such as the API key, and in strings, which Swift gives back as they are.
@Suite(.enabled(if: BridgeProcess.canBeLookedInto, "who isn't root can't read the bridge's memory"))
struct WipingTests {
  @Test("Neither a line nor an answer is left when the next command is read", arguments: [false, true])
  func lines(_ isInPieces: Bool) throws {
    let bridge = try BridgeProcess()
    let padding = String(repeating: "x", count: isInPieces ? 300_000 : 1)
    for line in [
      #"{"cmd":10,"data":{"api_key":"planted-key"}}"#, #"{"cmd":1004,"data":{"secret_key":"planted-secret"}}"#,
      #"{"cmd":21,"data":{"email":"ann@example.com","password":"planted-password","countrycode":"US","type":"1","first_name":"\#(padding)"}}"#,
      #"{"cmd":1000,"data":{"email":"ann@example.com","password":"planted-wrong"}}"#,
      #"{"jsonrpc":"2.0","method":"OVS_CMD_LOGIN","params":["ann@example.com","planted-password"],"id":1}"#,
      #"{"cmd":21,"data":{"email":"ben@example.com","password":"planted-broken"#,
    ] { _ = try bridge.ask(line) }
    var returned: [String] = []
    for line in [
      #"{"cmd":19}"#, #"{"cmd":21,"data":{"email":"ben@example.com","countrycode":"US","type":"1"}}"#,
      #"[{"jsonrpc":"2.0","method":"OVS_CMD_GET_ACCOUNT_CREDENTIAL","id":1}]"#,
    ] {
      let answer = try bridge.ask(line).description
      let password = try #require(answer.firstMatch(of: /"password":"([^"]+)"/), "\(answer)").output.1
      returned.append(#""password":"\#(password)"#)
    }
    try bridge.mustDo(#"{"cmd":1002}"#)
    let memory = try Memory(of: bridge)
    #expect(memory.count("planted-key") > 0, "the key that is in use should be found")
    for text in [#":"planted"#, #","planted"#] + returned {
      #expect(memory.count(text) == 0, "\(text) is left in memory")
    }
  }

  @Test("A call leaves nothing of its lines while the service takes its time")
  func call() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang"}"#)
    let call = try BridgeProcess(
      ["call", "add-client", "email=ann@example.com", "password@-", "countrycode=US", "type=12"]
        + server.bridgeOptions, environment: ["OVS_API_KEY": "planted-key"])
    try call.sendOnly(Array("planted-password".utf8))
    call.closeInput()
    try server.tell(#"{"do":"wait","requests":1}"#)
    let memory = try Memory(of: call)
    #expect(memory.count("planted-key") > 0, "the key that is in use should be found")
    #expect(memory.count(#":"planted"#) == 0, "a line is left in memory")
  }

  /// What a process has written to its memory.
  private struct Memory {
    private var pieces: [Data] = []

    init(of process: ChildProcess) throws {
      let folder = "/proc/\(process.processID)"
      let file = open("\(folder)/mem", O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw Trouble("the memory can't be read: \(String(cString: strerror(errno)))") }
      defer { close(file) }
      for line in try String(contentsOfFile: "\(folder)/maps", encoding: .utf8).split(separator: "\n") {
        let fields = line.split(separator: " ")
        let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
        guard fields[1].hasPrefix("rw"), ends.count == 2 else { continue }
        var piece = Data(count: ends[1] - ends[0])
        let count = piece.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(ends[0])) }
        if count > 0 { pieces.append(piece.prefix(count)) }
      }
      guard !pieces.isEmpty else { throw Trouble("the memory can't be read") }
    }

    /// How often a text stands in it.
    func count(_ text: String) -> Int {
      let bytes = Data(text.utf8)
      return pieces.reduce(0) { sum, piece in
        var (count, rest) = (0, piece[...])
        while let range = rest.range(of: bytes) {
          count += 1
          rest = rest[range.upperBound...]
        }
        return sum + count
      }
    }
  }
}
