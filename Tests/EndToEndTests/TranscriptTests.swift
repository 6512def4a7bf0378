import Foundation
import Testing

/// The golden transcripts against the real program.
@Suite struct TranscriptTests {
  @Test("There are transcripts to run") func transcriptsAreFound() {
    #expect(Transcript.all.count >= 11, "transcripts are missing in \(Transcript.folder.path)")
  }

  @Test("A conversation goes as its transcript says", arguments: Transcript.all)
  func conversation(_ transcript: Transcript) throws {
    let bridge = try BridgeProcess(transcript.options)
    var bindings = Bindings()
    for exchange in transcript.exchanges {
      try bridge.send(exchange.sent.map(bindings.filled).joined(separator: "\n"))
      for expected in exchange.expected {
        let line = try bridge.line()
        let isMatch = bindings.match(line, expected)
        #expect(
          isMatch,
          "\(transcript.name): after\n> \(exchange.sent.joined(separator: "\n> "))\nexpected\n< \(expected)\ngot\n< \(line)"
        )
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
