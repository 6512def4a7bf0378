import OVSWire
import Testing

@testable import OVSAccounts

/// Which account a command is about, before its parameters are checked.
struct AccountNameTests {
  @Test(
    arguments: [
      ("ADD_CLIENT", #"{"email":"Bob@Example.com"}"#, .named("bob@example.com")),
      ("ADD_CLIENT", #"{"email":"not one"}"#, .named("not one")),
      ("ADD_CLIENT", #"{"email":"a@b","nonsense":1}"#, .named("a@b")), ("ADD_CLIENT", "{}", .none),
      ("ADD_CLIENT", #"{"email":5}"#, .none),
      ("ADD_CLIENT", #"{"email":""}"#, .none), ("CLOSE_CLIENT", #"{"email":"A@B"}"#, .named("a@b")),
      ("RESET_PASSWORD", #"{"email":"JÜRGEN@b"}"#, .named("jürgen@b")),
      ("LOGIN", #"{"email":"A@b","password":"x"}"#, .named("a@b")),
      ("GET_ACCOUNT_TYPE", "{}", .session), ("GET_ACCOUNT_TYPE", #"{"email":null}"#, .session),
      ("GET_ACCOUNT_TYPE", #"{"email":""}"#, .session), ("GET_ACCOUNT_TYPE", #"{"email":"A@b"}"#, .named("a@b")),
      ("CHANGE_PLAN", #"{"type":1}"#, .session), ("CHANGE_PLAN", #"{"type":1,"email":"a@b"}"#, .named("a@b")),
      ("CANCEL_PLAN", "{}", .session), ("NEW_PRODUCT", #"{"type":1}"#, .session),
      ("GET_ACCOUNT_EXP_DATE", "{}", .session),
      ("GET_ACCOUNT_CREDENTIAL", #"{"email":"a@b"}"#, .session), ("SET_API_KEY", #"{"api_key":"a@b"}"#, .none),
      ("LOGOUT", "{}", .none),
      ("GET_SESSION", "{}", .session), ("SET_API_DOMAIN", "{}", .none), ("CANCEL", #"{"id":"a@b"}"#, .none),
      ("GET_INFO", #"{"email":"a@b"}"#, .none), ("SHUTDOWN", "{}", .none),
    ] as [(String, String, AccountName)])
  func `A command is about the account it names, or the session's`(
    name: String, data: String, account: AccountName
  ) throws {
    #expect(try AccountName(of: Request.named(name, data)) == account, "\(name) \(data)")
  }

  @Test(
    arguments: [
      ("ADD_CLIENT", #"["A@b","p"]"#, .named("a@b")), ("CHANGE_PLAN", #"[null,"12"]"#, .session),
      ("CHANGE_PLAN", "[]", .session),
      ("CHANGE_PLAN", #"["A@b"]"#, .named("a@b")), ("NEW_PRODUCT", #"["a@b"]"#, .session), ("ADD_CLIENT", "[]", .none),
    ] as [(String, String, AccountName)])
  func `The e-mail is found by position too`(name: String, params: String, account: AccountName) throws {
    #expect(try AccountName(of: Request.positional(name, params)) == account, "\(name) \(params)")
  }

  @Test func `Two spellings that differ in case alone are one account`() {
    #expect(AccountName.key("Bob@Example.COM") == AccountName.key("bOB@eXAMPLE.com"))
    #expect(AccountName.key("bob@example.com") != AccountName.key("bob@example.org"))
  }
}
