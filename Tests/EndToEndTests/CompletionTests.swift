import Foundation
import OVSWire
import Testing

@testable import ovs_bridge

/// What shells complete behind the program's name, in the shells themselves.
@Suite struct CompletionTests {
  /// What is typed, and what the shell offers for its last word.
  struct Offer: Sendable, CustomTestStringConvertible {
    let typed: String
    let offered: [String]
    var notOffered: [String] = []
    var testDescription: String { typed }

    init(_ typed: String, _ offered: [String], not notOffered: [String] = []) {
      (self.typed, self.offered, self.notOffered) = (typed, offered, notOffered)
    }
  }

  static let offers = [
    Offer("", Subcommand.allCases.map(\.rawValue), not: ["OVS_CMD_LOGIN", "login.txt"]),
    Offer("do", ["doctor"]),
    Offer("--", Completions.options(behind: nil).map(\.name), not: ["--login-file"]),
    Offer("doctor --", Completions.options(behind: .doctor).map(\.name) + ["--login-file"]),
    Offer("--log-level ", ["error", "warning", "info", "debug"], not: ["text", "call", "login.txt"]),
    Offer("call --log-format=", ["text", "json"], not: ["OVS_CMD_LOGIN"]),
    Offer("--completions ", ["bash", "zsh", "fish"]),
    Offer("--timeout ", [], not: ["call", "login.txt"]),
    Offer("--timeout 3 --add-client-interval=3 c", ["call"]),
    Offer("doctor --login-file ", ["login.txt", "dir/"], not: ["call"]),
    Offer("doctor l", [], not: ["login.txt"]),
    Offer("call ", CommandTable.standard.rows.map(\.name), not: ["mcp", "login.txt", "add-client"]),
    Offer("call get-", ["get-account-type", "get-info"], not: ["OVS_CMD_GET_INFO", "add-client"]),
    Offer("call add-client co", ["company_name=", "countrycode="], not: ["email="]),
    Offer("call 21 co", ["company_name=", "countrycode="], not: ["email="]),
    Offer("call --api-domain x.de:8443 --timeout 3 OVS_CMD_LOGI", ["OVS_CMD_LOGIN"]),
    Offer("--log-level error call --timeout=3 OVS_CMD_GET_", ["OVS_CMD_GET_INFO"], not: ["OVS_CMD_LOGIN"]),
    Offer(
      "call OVS_CMD_ADD_CLIENT ",
      ["email=", "password@", "countrycode=", "type=", "first_name=", "last_name=", "company_name="],
      not: ["password=", "OVS_CMD_LOGIN", "login.txt"]),
    Offer("call OVS_CMD_ADD_CLIENT co", ["company_name=", "countrycode="], not: ["email="]),
    Offer(
      "call OVS_CMD_ADD_CLIENT email=a@b.de --timeout 3 password@login.txt ", ["countrycode=", "type="],
      not: ["email=", "password@"]),
    Offer("call OVS_CMD_LOGIN email=", [], not: ["login.txt", "password@"]),
    Offer("call OVS_CMD_LOGIN password@", ["login.txt", "dir/"], not: ["email="]),
    Offer("call OVS_CMD_LOGIN password@lo", ["login.txt"]),
    Offer("call OVS_CMD_SET_SECRET_KEY secret_key@lo", ["login.txt"]),
    Offer("call OVS_CMD_LOGOUT e", [], not: ["email="]),
  ]

  /// What is typed with Tabs in it, and what the program gets then.
  struct Line: Sendable, CustomTestStringConvertible {
    let keys: String
    let arguments: [String]
    var testDescription: String { keys.replacingOccurrences(of: "\t", with: "⇥") }
  }

  static let lines = [
    Line(
      keys: "call OVS_CMD_ADD_CL\tem\tann@x.de cou\tUS pass\tlo\tty\t12",
      arguments: [
        "call", "OVS_CMD_ADD_CLIENT", "email=ann@x.de", "countrycode=US", "password@login.txt", "type=12",
      ]),
    Line(
      keys: "call OVS_CMD_LOGIN password@a\t email=x",
      arguments: ["call", "OVS_CMD_LOGIN", "password@a key.txt", "email=x"]),
    Line(keys: "call OVS_CMD_LOGIN password@di\tz", arguments: ["call", "OVS_CMD_LOGIN", "password@dir/z"]),
    Line(keys: "--log-level=d\t", arguments: ["--log-level", "debug"]),
    Line(keys: "doctor --login-\tlog\t", arguments: ["doctor", "--login-file", "login.txt"]),
    Line(
      keys: "call --api-key-file=a\t OVS_CMD_GET_I\t",
      arguments: ["call", "--api-key-file", "a key.txt", "OVS_CMD_GET_INFO"]),
  ]

  private static func check(_ offer: Offer, in shell: Shell) throws {
    let shown = try ShellSession(shell).type("ovs-bridge \(offer.typed)" + (shell == .fish ? "" : "\t"))
    let words = shown.split { $0.isWhitespace || $0.isNewline }
    for word in offer.offered {
      #expect(words.contains { $0.hasSuffix(word) }, "\(shell) doesn't offer \(word): \(shown)")
    }
    for word in offer.notOffered {
      #expect(!words.contains { $0 == word }, "\(shell) offers \(word): \(shown)")
    }
  }

  private static func check(_ line: Line, in shell: Shell) throws {
    let arguments = try ShellSession(shell).arguments(by: "ovs-bridge \(line.keys)")
    // Some put = between an option and its value, and some a space.
    let words = arguments.flatMap { $0.hasPrefix("--") ? $0.components(separatedBy: "=") : [$0] }
    #expect(words == line.arguments, "\(shell)")
  }

  @Test("bash offers what may stand there", arguments: offers)
  func bashOffers(_ offer: Offer) throws { try Self.check(offer, in: .bash) }

  @Test("bash completes to what the program can use", arguments: lines)
  func bashLines(_ line: Line) throws { try Self.check(line, in: .bash) }

  @Test(
    "zsh offers what may stand there",
    .enabled(if: ShellSession.has("zsh"), "zsh is not there; apt-get install zsh has this run"), arguments: offers)
  func zshOffers(_ offer: Offer) throws { try Self.check(offer, in: .zsh) }

  @Test(
    "zsh completes to what the program can use",
    .enabled(if: ShellSession.has("zsh"), "zsh is not there; apt-get install zsh has this run"), arguments: lines)
  func zshLines(_ line: Line) throws { try Self.check(line, in: .zsh) }

  @Test(
    "fish offers what may stand there",
    .enabled(if: ShellSession.has("fish"), "fish is not there; apt-get install fish has this run"), arguments: offers)
  func fishOffers(_ offer: Offer) throws { try Self.check(offer, in: .fish) }

  @Test(
    "fish tells with each parameter what it is",
    .enabled(if: ShellSession.has("fish"), "fish is not there; apt-get install fish has this run"))
  func fishSummaries() throws {
    let shown = try ShellSession(.fish).type("ovs-bridge call OVS_CMD_ADD_CLIENT cou")
    #expect(shown == "countrycode=\tthe end-user's country, two letters such as US\n")
  }

  @Test("Where an option takes a PATH, files are offered", arguments: Option.all.map(\.name))
  func paths(_ name: String) throws {
    let placeholder = Option.all.first { $0.name == name }?.placeholder
    let hasFiles = Completions.optionsWithPath.contains { $0.name == name }
    #expect((placeholder?.text == "PATH") == hasFiles, "its placeholder should be .path")
  }
}
