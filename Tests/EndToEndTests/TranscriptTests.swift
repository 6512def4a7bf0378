import Foundation
import Testing

/// The golden transcripts against the real program.
@Suite struct TranscriptTests {
  @Test("There are transcripts to run") func transcriptsAreFound() {
    #expect(Transcript.all.count >= 11, "transcripts are missing in \(Transcript.folder.path)")
  }

  @Test("A conversation goes as its transcript says", arguments: Transcript.all)
  func conversation(_ transcript: Transcript) throws {
    try converse(transcript, with: BridgeProcess(transcript.options), Bindings(), server: nil)
  }

  @Test("A conversation with the service over TLS is the same as with the sandbox", arguments: Transcript.all)
  func conversationOverTLS(_ transcript: Transcript) throws {
    let options = transcript.serverOptions
    let server = try AMAPIServer(options.server)
    let bridge = try BridgeProcess(server.bridgeOptions + options.bridge)
    try converse(transcript, with: bridge, Bindings(backend: "amapi", domain: server.domain), server: server)
  }

  private func converse(
    _ transcript: Transcript, with bridge: BridgeProcess, _ bindings: Bindings, server: AMAPIServer?
  ) throws {
    var bindings = bindings
    var mails = 0
    for exchange in transcript.exchanges {
      try bridge.send(exchange.sent.map(bindings.filled).joined(separator: "\n"))
      var expectedMails: [String] = []
      func check(_ line: String, _ expected: String) {
        let isMatch = bindings.match(line, expected)
        #expect(
          isMatch,
          "\(transcript.name): after\n> \(exchange.sent.joined(separator: "\n> "))\nexpected\n< \(expected)\ngot\n< \(line)"
        )
      }
      for expected in exchange.expected {
        // The service mails what the sandbox tells; the mail is out when the answer is here.
        if server != nil, expected.contains("OVS_NOTIFY_SANDBOX_MAIL") {
          expectedMails.append(expected)
          continue
        }
        check(try bridge.line(), expected)
        for mail in expectedMails {
          check(try server?.mail(mails, asIn: mail) ?? "", mail)
          mails += 1
        }
        expectedMails = []
      }
    }
    #expect(try bridge.lines() == [], "\(transcript.name): more came than was expected")
    let status = try bridge.exitStatus()
    let log = try bridge.log()
    #expect(status == 0, "\(transcript.name): the bridge ended badly: \(log)")
  }

  @Test("A file piped in means the same as the conversation", arguments: Transcript.all.filter(\.isOnePiece))
  func piped(_ transcript: Transcript) throws {
    // Where requests take their time, a conversation and a file differ in what is under way.
    if transcript.options.contains("--sandbox-latency") { return }
    var bindings = Bindings()
    let input = transcript.exchanges.flatMap(\.sent).joined(separator: "\n")
    let lines = try answers(transcript.options, to: Array(input.utf8))
    let expected = transcript.exchanges.flatMap(\.expected)
    #expect(lines.count == expected.count)
    for (line, expected) in zip(lines, expected) {
      let isMatch = bindings.match(line, expected)
      #expect(isMatch, "\(transcript.name): expected\n< \(expected)\ngot\n< \(line)")
    }
  }
}

extension AMAPIServer {
  /// The mail of this number, from 0, as the sandbox would tell it in the dialect of `line`.
  fileprivate func mail(_ number: Int, asIn line: String) throws -> String {
    guard let mail = (try tell(#"{"do":"mails","since":\#(number)}"#)["mails"] as? [[String: String]])?.first else {
      throw Trouble("the API server has mailed nothing")
    }
    let data = ["to", "subject", "password"].map { #""\#($0)":"\#(mail[$0] ?? "")""# }.joined(separator: ",")
    return line.contains("jsonrpc")
      ? #"{"jsonrpc":"2.0","method":"OVS_NOTIFY_SANDBOX_MAIL","params":{\#(data)}}"#
      : #"{"notification":1200,"name":"OVS_NOTIFY_SANDBOX_MAIL","error":0,"error_name":"OVS_ERR_OK","data":{\#(data)}}"#
  }
}
