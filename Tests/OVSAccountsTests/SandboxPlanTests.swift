import OVSWire
import Testing

@testable import OVSAccounts

/// Plans, due dates, and when an account ends.
struct SandboxPlanTests {
  private let bench = SandboxBench()

  private func plan(_ email: String = "a@b", at now: Duration = .zero) throws -> String {
    let reply = try bench.ask(.getClient, [.email: email], at: now)
    return reply.code ?? "\(reply.wholeBody["type"]?.string ?? "?") until \(reply.wholeBody["exp_date"]?.string ?? "?")"
  }

  @Test(arguments: [
    ("1", "2026-02-28"), ("3", "2026-04-30"), ("6", "2026-07-31"), ("12", "2027-01-31"), ("24", "2028-01-31"),
    ("36", "2029-01-31"),
  ])
  func `A plan lasts the months of its number, from the day it is added`(type: String, due: String) throws {
    try bench.add("a@b", type: type)
    #expect(try plan() == "\(type) until \(due)")
  }

  @Test(arguments: [nil, "", "0", "2", "-1", "012", "+1", " 1", "1.0", "one", "4294967297", "١"])
  func `Any other plan is unknown, and nothing is changed by it`(type: String?) throws {
    try bench.add("a@b")
    let fields: [AMAPIRequest.Field: String] = [.email: "a@b", .country: "US"]
    let asked = fields.merging(type.map { [.type: $0] } ?? [:]) { $1 }
    for method in [.newProduct, .upgradeProduct] as [AMAPIRequest.Method] {
      let reply = try bench.ask(method, asked)
      #expect(reply.code == "UNKNOWN_PLAN" && reply.status == 422, "\(method)")
    }
    #expect(try plan() == "1 until 2026-02-28")
    #expect(try bench.ask(.addClient, asked.merging([.email: "c@d"]) { $1 }).code == "UNKNOWN_PLAN")
    #expect(try plan("c@d") == "CLIENT_NOT_FOUND")
  }

  @Test func `A new product is the current plan, and the account is due when the last product is`() throws {
    try bench.add("a@b", type: "12")
    try bench.ask(.newProduct, [.email: "a@b", .type: "1"], at: try SandboxBench.at("2026-03-10T12:00:00Z"))
    #expect(try plan(at: try SandboxBench.at("2026-03-10T12:00:00Z")) == "1 until 2027-01-31")
    try bench.ask(.newProduct, [.email: "a@b", .type: "24"], at: try SandboxBench.at("2026-03-11T23:59:59Z"))
    #expect(try plan(at: try SandboxBench.at("2026-03-12")) == "24 until 2028-03-11")
  }

  @Test func `A change replaces the current plan by one that starts that day, also a shorter one`() throws {
    try bench.add("a@b", type: "24")
    try bench.ask(.upgradeProduct, [.email: "a@b", .type: "6"], at: try SandboxBench.at("2026-02-01"))
    #expect(try plan(at: try SandboxBench.at("2026-02-01")) == "6 until 2026-08-01")
  }

  @Test func `After its due date an account has no active plan, but is still there for a new product`() throws {
    try bench.add("a@b")
    let last = try SandboxBench.at("2026-02-27T23:59:59Z")
    let due = try SandboxBench.at("2026-02-28")
    #expect(try plan(at: last) == "1 until 2026-02-28")
    #expect(try plan(at: due) == "NO_ACTIVE_PLAN")
    #expect(try bench.ask(.addClient, [.email: "a@b", .country: "US", .type: "1"], at: due).code == "CLIENT_EXISTS")
    #expect(try bench.ask(.newProduct, [.email: "a@b", .type: "3"], at: due).code == nil)
    #expect(try plan(at: due) == "3 until 2026-05-28")
  }

  @Test func `A cancelled account ends at its due date and not before`() throws {
    let tokens = try bench.add("a@b")
    #expect(try bench.ask(.cancelClient, [.email: "a@b", .when: "at_due_date"]).code == nil)
    let last = try SandboxBench.at("2026-02-27T23:59:59Z")
    #expect(try plan(at: last) == "1 until 2026-02-28")
    #expect(try bench.ask(.addClient, [.email: "a@b", .country: "US", .type: "1"], at: last).code == "CLIENT_EXISTS")
    let fresh = try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "a@b"], at: last).tokens

    let due = try SandboxBench.at("2026-02-28")
    #expect(try bench.ask(.getClient, bearer: fresh.short, [.email: "a@b"], at: due).code == "INVALID_TOKEN")
    #expect(try bench.ask(.tokenRefresh, [.email: "a@b", .password: "password"], at: due).code == "CLIENT_NOT_FOUND")
    #expect(try plan(at: due) == "CLIENT_NOT_FOUND")
    try bench.add("A@b", at: due)
    #expect(try plan(at: due) == "1 until 2026-03-28")
  }

  @Test func `A cancellation covers all products, so the last of them counts`() throws {
    try bench.add("a@b")
    try bench.ask(.newProduct, [.email: "a@b", .type: "3"])
    try bench.ask(.cancelClient, [.email: "a@b"])
    #expect(try plan(at: try SandboxBench.at("2026-04-29T23:59:59Z")) == "3 until 2026-04-30")
    #expect(try plan(at: try SandboxBench.at("2026-04-30")) == "CLIENT_NOT_FOUND")
  }

  @Test func `To cancel twice changes nothing`() throws {
    try bench.add("a@b")
    try bench.ask(.cancelClient, [.email: "a@b"])
    #expect(try bench.ask(.cancelClient, [.email: "a@b"], at: try SandboxBench.at("2026-02-20")).code == nil)
    #expect(try plan(at: try SandboxBench.at("2026-02-27T23:59:59Z")) == "1 until 2026-02-28")
    #expect(try plan(at: try SandboxBench.at("2026-02-28")) == "CLIENT_NOT_FOUND")
  }

  @Test func `A new product takes a cancellation back`() throws {
    try bench.add("a@b")
    try bench.ask(.cancelClient, [.email: "a@b"])
    try bench.ask(.newProduct, [.email: "a@b", .type: "3"])
    #expect(try plan(at: try SandboxBench.at("2026-02-28")) == "3 until 2026-04-30")
    #expect(try plan(at: try SandboxBench.at("2026-04-30")) == "NO_ACTIVE_PLAN")
  }

  @Test func `A cancelled account whose due date has passed can't be revived by a product`() throws {
    try bench.add("a@b")
    try bench.ask(.cancelClient, [.email: "a@b"])
    let reply = try bench.ask(.newProduct, [.email: "a@b", .type: "3"], at: try SandboxBench.at("2026-03-01"))
    #expect(reply.code == "CLIENT_NOT_FOUND")
  }
}
