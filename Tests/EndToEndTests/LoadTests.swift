import Foundation
import TestSupport
import Testing

/// Many commands at once: none lost, none answered twice, order kept, memory bounded.
@Suite struct LoadTests {
  @Test("Ten thousand commands in one write are answered in their order")
  func oneWrite() throws {
    let input = (0..<10_000).map { #"{"cmd":1002,"id":\#($0)}"# + "\n" }.joined()
    let lines = try answers(to: Array(input.utf8))
    #expect(lines.count == 10_000)
    for (number, line) in lines.enumerated() where !line.hasSuffix(#""id":\#(number)}"#) {
      Issue.record("answer \(number) is \(line)")
      return
    }
  }

  @Test(
    "Of a hundred thousand mixed commands each gets one answer, and those of an account come in order",
    arguments: [[], ["--sandbox-latency", "1", "--max-in-flight", "64"]])
  func mixed(_ options: [String]) throws {
    let seed = SeededRandom.newSeed()
    var generator = SeededRandom(seed: seed)
    let count = options.isEmpty ? 100_000 : 5_000
    var input = #"{"cmd":10,"data":{"api_key":"key"},"id":"key"}"# + "\n"
    var accounts: [Int: Int] = [:]
    for number in 0..<count {
      let account = Int.random(in: 0..<200, using: &generator)
      let email = "user\(account)@example.com"
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<3:
        input += #"{"cmd":21,"data":{"email":"\#(email)","countrycode":"US","type":"12"},"id":\#(number)}"#
        accounts[number] = account
      case 3..<5:
        input += #"{"jsonrpc":"2.0","method":"OVS_CMD_CLOSE_CLIENT","params":["\#(email)"],"id":\#(number)}"#
        accounts[number] = account
      case 5: input += #"[{"jsonrpc":"2.0","method":"OVS_CMD_RESET_PASSWORD","params":["\#(email)"],"id":\#(number)}]"#
      case 6: input += #"{"cmd":1002,"id":\#(number)}"#
      case 7: input += #"{"cmd":1005,"data":{"id":"nobody"},"id":\#(number)}"#
      case 8: input += #"{"cmd":18,"id":\#(number)}"#
      default: input += #"{"cmd":"OVS_CMD_NONSENSE","id":\#(number)}"#
      }
      input += "\n"
    }
    let lines = try answers(options, to: Array(input.utf8))

    #expect(lines.count { !$0.contains("SANDBOX_MAIL") } == count + 1, "answers beside events (seed \(seed))")
    var seen = [Int](repeating: 0, count: count)
    var last: [Int: Int] = [:]
    for line in lines where !line.contains("SANDBOX_MAIL") {
      guard let digits = line.components(separatedBy: #""id":"#).last?.prefix(while: \.isNumber), let id = Int(digits)
      else { continue }
      seen[id] += 1
      if let account = accounts[id] {
        #expect(
          last[account] ?? -1 < id, "account \(account): \(id) was answered after \(last[account] ?? -1) (seed \(seed))"
        )
        last[account] = id
      }
    }
    let wrong = seen.enumerated().filter { $0.element != 1 }.prefix(5)
    #expect(wrong.isEmpty, "not answered once: \(wrong.map { "\($0.offset): \($0.element) times" }) (seed \(seed))")
  }

  @Test("Fifty slow accounts don't wait for each other, and one account's commands do")
  func sideBySide() throws {
    let clock = ContinuousClock()
    func duration(_ email: (Int) -> String) throws -> Duration {
      var input = #"{"cmd":10,"data":{"api_key":"key"}}"# + "\n"
      for number in 0..<50 {
        input += #"{"cmd":21,"data":{"email":"\#(email(number))","countrycode":"US","type":"1"}}"# + "\n"
      }
      return try clock.measure {
        let lines = try answers(["--sandbox-latency", "100"], to: Array(input.utf8))
        #expect(lines.count == 51)
      }
    }
    // One after the other they take 5 s; the limits leave room for a busy machine.
    #expect(try duration { "user\($0)@example.com" } < .seconds(4))
    #expect(try duration { _ in "user@example.com" } >= .seconds(5))
  }

  @Test("A batch larger than what may be in flight is answered whole")
  func largeBatch() throws {
    let requests = (0..<2000).map {
      #"{"jsonrpc":"2.0","method":"OVS_CMD_CLOSE_CLIENT","params":["user\#($0)@example.com"],"id":\#($0)}"#
    }
    let lines = try answers(
      ["--max-in-flight", "7", "--sandbox-latency", "1"],
      to: #"{"jsonrpc":"2.0","method":"OVS_CMD_SET_API_KEY","params":["key"]}"#,
      "[\(requests.joined(separator: ","))]", #"{"cmd":1002,"id":"after"}"#)
    #expect(lines.count == 2)
    let batch = lines.first { $0.hasPrefix("[") } ?? ""
    let ids = batch.components(separatedBy: #""id":"#).dropFirst().compactMap { Int($0.prefix(while: \.isNumber)) }
    #expect(ids == Array(0..<2000), "the answers stand in the requests' order")
  }

  @Test("A batch of what can't be requests gets one error, not an answer a hundred times its size")
  func junkBatch() throws {
    let junk = [UInt8(ascii: "[")] + Array(repeatElement(Array("1,".utf8), count: 500_000).joined()) + Array("1]".utf8)
    let lines = try answers(to: junk + Array("\n[1,1]".utf8))
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix(#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"the batch has 500001 elements"#))
    #expect(lines[1].hasPrefix("[{"), "a small batch gets an answer for each element: \(lines[1])")
  }

  @Test("A reader that stalls holds the sender back, and loses nothing when it goes on")
  func stalledReader() throws {
    let bridge = try BridgeProcess()
    let piece = Array(#"{"cmd":1006,"id":"info"}"#.utf8) + [0x0A]
    let limit = 64 << 20
    let sent = bridge.sendUntilHeldBack(piece, atMost: limit)
    #expect(sent < limit, "64 MiB of commands were taken while no answer was read")
    let memory = try bridge.memory("VmHWM")
    #expect(memory < 64 * 1024, "the bridge has \(memory) kB after its reader stalled")
    let rest = piece.count - sent % piece.count
    try bridge.send(Array(piece.suffix(rest)))
    let expected = (sent + rest) / piece.count
    let lines = try bridge.lines()
    #expect(lines.count == expected)
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("An idle bridge uses no processor time")
  func idle() throws {
    let bridge = try BridgeProcess()
    try bridge.send(#"{"cmd":1006}"#)
    _ = try bridge.line()
    let before = try bridge.ticks()
    // There is nothing to wait for: idleness is what is measured.
    Thread.sleep(forTimeInterval: 1)
    #expect(try bridge.ticks() - before <= 1)
  }
}
