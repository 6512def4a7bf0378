import OVSAccounts
import Testing

@testable import OVSDoctor

/// When the clocks of this machine and the service are too far apart.
@Suite struct ClockSkewTests {
  @Test(
    "Up to 30 seconds are fine, up to 5 minutes are told, and more is a problem",
    arguments: [
      (0, .ok, "agrees"), (30, .ok, "agrees"), (-30, .ok, "agrees"), (31, .note, "31 seconds behind"),
      (-31, .note, "31 seconds ahead of"), (300, .note, "5 minutes behind"), (301, .problem, "5 minutes behind"),
      (-301, .problem, "5 minutes ahead of"), (-7200, .problem, "2 hours ahead of"),
      (864_000, .problem, "10 days behind"),
    ] as [(Int64, Finding.Verdict, String)])
  func verdicts(_ seconds: Int64, _ verdict: Finding.Verdict, _ words: String) {
    let now = UTCTime(seconds: 1_800_000_000)
    let finding = ClockSkew(of: UTCTime(seconds: now.seconds + seconds), start: now, end: now).finding
    #expect(finding.verdict == verdict && finding.text.contains(words), "\(finding)")
    #expect((finding.advice?.contains("timedatectl") ?? false) == (verdict != .ok))
  }

  @Test(
    "However long the answer takes, its Date may be of any time since the request",
    arguments: [(0, 0), (20, 0), (40, 0), (-1, -1), (41, 1), (100, 60)] as [(Int64, Int64)])
  func slowAnswer(_ date: Int64, _ skew: Int64) {
    let start = UTCTime(seconds: 1_800_000_000)
    let end = UTCTime(seconds: start.seconds + 40)
    #expect(ClockSkew(of: UTCTime(seconds: start.seconds + date), start: start, end: end).seconds == skew)
  }
}
