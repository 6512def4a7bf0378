import Testing

@testable import OVSDoctor

/// How findings are printed.
@Suite struct FindingTests {
  @Test("A finding is a line, and what to do an indented one under it")
  func lines() {
    #expect(Finding(.ok, "fine").lines == "ok       fine\n")
    #expect(Finding(.skipped, "not now").lines == "skipped  not now\n")
    #expect(Finding(.problem, "bad", advice: "mend it").lines == "problem  bad\n         mend it\n")
  }

  @Test("Nothing that a service says can move a terminal's cursor or look like a line of its own")
  func oneLine() {
    let lines = Finding(.problem, "a\nok       b\r\u{1B}[2J\u{2028}\u{202E}\u{85}ü", advice: "c\td").lines
    #expect(lines == "problem  a\u{FFFD}ok       b\u{FFFD}\u{FFFD}[2J\u{FFFD}\u{FFFD}\u{FFFD}ü\n         c\u{FFFD}d\n")
  }
}
