import TestSupport
import Testing

@testable import OVSAccounts

/// Moments in UTC, and the calendar around them.
struct UTCTimeTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01", 0), ("1970-01-02", 86_400), ("1969-12-31T23:59:59Z", -1),
      ("2026-01-31T09:30:00Z", 1_769_851_800), ("2000-02-29", 951_782_400), ("2024-02-29T23:59:59Z", 1_709_251_199),
      ("2038-01-19T03:14:08Z", 2_147_483_648), ("9999-12-31T23:59:59Z", 253_402_300_799),
      ("1900-01-01", -2_208_988_800),
    ] as [(String, Int64)])
  func `A date or moment is read, and written as it was`(text: String, seconds: Int64) throws {
    let time = try #require(UTCTime(text), "\(text) was refused")
    #expect(time.seconds == seconds)
    #expect((text.utf8.count == 10 ? time.date : time.description) == text)
    #expect(time.date == text.prefix(10))
  }

  @Test(arguments: [
    "", "2026", "2026-01", "2026-1-31", "26-01-31", "2026-02-29", "2026-02-30", "2026-13-01", "2026-00-01",
    "2026-01-00",
    "2026-01-32", "1900-02-29", "2026/01/31", "31-01-2026", "2026-01-31 ", " 2026-01-31", "-026-01-31", "2026-01-3١",
    "2026-01-31T", "2026-01-31T09:30Z", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z", "2026-01-31t09:30:00z",
    "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:30:60Z", "2026-01-31T09:30:00+00:00",
    "2026-01-31T09:30:00.5Z", "2026-01-31T9:30:00Z", "2026-01-31T09:30:00ZZ", "2026-01-31T09-30-00Z", "today",
    "99999999999-01-01T00:00:00Z", "2147483647-01-01T00:00:00Z", "2026-2147483647-01T00:00:00Z",
  ])
  func `Anything else is refused, dates that no calendar has included`(text: String) {
    #expect(UTCTime(text) == nil, "\(text) was taken for \(UTCTime(text)?.description ?? "")")
  }

  @Test(arguments: [
    ("2026-01-31T09:30:00Z", 0, "2026-01-31"), ("2026-01-31T23:59:59Z", 1, "2026-02-28"),
    ("2026-01-31", 1, "2026-02-28"),
    ("2024-01-31", 1, "2024-02-29"), ("2023-01-29", 1, "2023-02-28"), ("2024-01-29", 1, "2024-02-29"),
    ("2026-01-28", 1, "2026-02-28"), ("2026-01-31", 2, "2026-03-31"), ("2026-01-31", 3, "2026-04-30"),
    ("2026-01-31", 12, "2027-01-31"), ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 48, "2028-02-29"),
    ("2024-02-29", 36, "2027-02-28"), ("2026-12-31", 1, "2027-01-31"), ("2026-12-31", 2, "2027-02-28"),
    ("2026-12-01T23:59:59Z", 1, "2027-01-01"), ("2026-11-30", 3, "2027-02-28"), ("2026-08-31", 6, "2027-02-28"),
    ("2026-06-15", 24, "2028-06-15"), ("1999-12-31", 2, "2000-02-29"), ("2099-12-31", 2, "2100-02-28"),
    ("2026-05-31", 1, "2026-06-30"), ("2026-03-01", 36, "2029-03-01"),
  ])
  func `Months later is the start of the same day, or of a shorter month's last`(
    from: String, months: Int, day: String
  ) throws {
    let time = try #require(UTCTime(from)).startOfDay(addingMonths: months)
    #expect(time.description == day + "T00:00:00Z", "\(months) months after \(from)")
  }

  @Test(arguments: 1...200)
  func `Any moment is read back as it was written, and months later keeps the month`(seed: Int) throws {
    var random = SeededRandom(seed: seed)
    // The years from 0001 to 9999.
    let time = UTCTime(seconds: .random(in: -62_135_596_800...253_402_300_799, using: &random))
    #expect(UTCTime(time.description)?.seconds == time.seconds, "seed \(seed): \(time.description)")
    let months = Int.random(in: 0...60, using: &random)
    let later = time.startOfDay(addingMonths: months)
    let (from, to) = (try numbers(time.date), try numbers(later.date))
    guard to[0] <= 9999 else { return }
    #expect(to[0] * 12 + to[1] == from[0] * 12 + from[1] + months, "seed \(seed): \(months) months after \(time.date)")
    let next = UTCTime(seconds: later.seconds + 86_400)
    let isLastDay = next.date.hasSuffix("-01")
    #expect(to[2] == from[2] || to[2] < from[2] && isLastDay, "seed \(seed): \(later.date) from \(time.date)")
    #expect(later.seconds % 86_400 == 0, "seed \(seed)")
  }

  private func numbers(_ date: String) throws -> [Int] {
    let numbers = date.split(separator: "-").compactMap { Int($0) }
    try #require(numbers.count == 3, "\(date) is no date")
    return numbers
  }

  @Test func `Moments are in order`() {
    #expect(UTCTime(seconds: -1) < UTCTime(seconds: 0))
    #expect(UTCTime(seconds: 5) == UTCTime(seconds: 5))
  }
}
