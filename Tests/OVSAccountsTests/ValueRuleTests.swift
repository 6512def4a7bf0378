import OVSWire
import Testing

@testable import OVSAccounts

/// What the value of a parameter may be, and what becomes of it.
struct ValueRuleTests {
  /// A command that takes one parameter, by `rule`.
  private func command(_ rule: Command.Rule) -> Command {
    Command(
      1, "OVS_CMD_TEST", [.required("value", rule, "what is tested")], needs: .nothing, effect: .immediate,
      operation: .process(.getInfo), "Takes one value.")
  }

  private func arguments(_ rule: Command.Rule, _ json: String) throws -> Arguments {
    try Arguments(Parameters(positional: [JSONValue(json: json)], of: command(rule)))
  }

  private static let longest = String(repeating: "a", count: 252) + "@b"

  @Test(
    arguments: [
      (.text, #""x""#, #""x""#), (.text, #"" ""#, #"" ""#), (.text, #""\u0000é""#, #""\u0000é""#),
      (.email, #""a@b""#, #""a@b""#), (.email, #""Bob.O'Hara+tag@Example.COM""#, #""Bob.O'Hara+tag@Example.COM""#),
      (.email, #""jürgen@bücher.example""#, #""jürgen@bücher.example""#),
      (.email, #""\#(longest)""#, #""\#(longest)""#),
      (.countryCode, #""US""#, #""US""#), (.countryCode, #""de""#, #""DE""#), (.countryCode, #""iN""#, #""IN""#),
      (.countryCode, #""zz""#, #""ZZ""#),
      (.planType, #""12""#, #""12""#), (.planType, "12", #""12""#), (.planType, "0", #""0""#),
      (.planType, "-1", #""-1""#),
      (.planType, #""trial""#, #""trial""#), (.planType, "123456789012345678901", #""123456789012345678901""#),
      (.apiDomain, #""acme""#, #""acme""#), (.apiDomain, #""https://acme.vpngn.com/""#, #""https://acme.vpngn.com/""#),
      (.requestID, "7", "7"), (.requestID, "1.50", "1.50"), (.requestID, #""x""#, #""x""#),
      (.requestID, #""""#, #""""#),
    ] as [(Command.Rule, String, String)])
  func `A value by the rule is taken in its normal form`(rule: Command.Rule, json: String, normal: String) throws {
    let expected = try JSONValue(json: normal)
    #expect(try arguments(rule, json)["value"] == expected, "\(json) as \(rule)")
  }

  @Test(
    arguments: [
      (.text, #""""#), (.text, "1"), (.text, "true"), (.text, "[]"), (.text, #"{"a":"b"}"#),
      (.email, #""""#), (.email, "5"), (.email, #""ab""#), (.email, #""@""#), (.email, #""@b""#), (.email, #""a@""#),
      (.email, #""a@b@c""#), (.email, #""a@@b""#), (.email, #""a b@c""#), (.email, #"" a@b""#), (.email, #""a@b ""#),
      (.email, #""a@b\n""#), (.email, #""a\t@b""#), (.email, #""a@b\u0000""#), (.email, #""a\u007f@b""#),
      (.email, #""a\u0085@b""#), (.email, #""a\u009f@b""#), (.email, #""a\u00a0@b""#), (.email, #""a\u2028@b""#),
      (.email, #""a\u3000@b""#), (.email, #""a\#(longest)""#), (.email, #""é\#(longest.dropFirst())""#),
      (.countryCode, #""""#), (.countryCode, #""U""#), (.countryCode, #""USA""#), (.countryCode, #""U1""#),
      (.countryCode, #""É""#), (.countryCode, #""ſ""#), (.countryCode, #""U ""#), (.countryCode, #""@[""#),
      (.countryCode, #""`{""#),
      (.countryCode, "49"),
      (.planType, #""""#), (.planType, "12.0"), (.planType, "1e1"), (.planType, "true"), (.planType, "[12]"),
      (.planType, "{}"),
      (.apiDomain, #""""#), (.apiDomain, #""no host""#), (.apiDomain, #""http://acme.vpngn.com""#), (.apiDomain, "1"),
      (.requestID, "true"), (.requestID, "[1]"), (.requestID, "{}"),
    ] as [(Command.Rule, String)])
  func `A value against the rule is refused by the parameter's name, in the words of the rule`(
    rule: Command.Rule, json: String
  ) throws {
    let parameters = Parameters(positional: [try JSONValue(json: json)], of: command(rule))
    do throws(Failure) {
      _ = try Arguments(parameters)
      Issue.record("\(json) was taken as \(rule)")
    } catch {
      #expect(error.code == .invalidParams && error.field == "value", "\(json) as \(rule)")
      let words = json == #""""# ? "must not be empty" : rule.summary
      #expect(error.message.contains(words), "\(error.message)")
    }
  }
}
