#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A moment in UTC, to the second, and the calendar around it.
public struct UTCTime: Comparable, Sendable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64

  /// The moment `seconds` after 1970-01-01T00:00:00Z.
  public init(seconds: Int64) {
    self.seconds = seconds
  }

  /// Reads `2026-01-31`, the start of that day, or `2026-01-31T09:30:00Z` (RFC 3339); nil for anything else, and
  /// for dates that no calendar has.
  public init?(_ text: String) {
    let full = text.utf8.count == 10 ? text + "T00:00:00Z" : text
    let numbers = full.split { !$0.isNumber }.compactMap { Int32($0) }
    guard full.utf8.count == 20, numbers.count == 6 else { return nil }
    var fields = tm()
    fields.tm_year = numbers[0] - 1900
    fields.tm_mon = numbers[1] - 1
    fields.tm_mday = numbers[2]
    fields.tm_hour = numbers[3]
    fields.tm_min = numbers[4]
    fields.tm_sec = numbers[5]
    seconds = Int64(timegm(&fields))
    // Whatever is not written as it should be, or is no date, comes out different.
    guard description == full else { return nil }
  }

  /// The real time now.
  public static var now: UTCTime { UTCTime(seconds: Int64(time(nil))) }

  /// As `2026-01-31T09:30:00Z` (RFC 3339).
  public var description: String {
    let time = fields
    return date + "T" + Self.padded(time.tm_hour) + ":" + Self.padded(time.tm_min) + ":" + Self.padded(time.tm_sec)
      + "Z"
  }

  /// The day, as `2026-01-31`.
  public var date: String {
    let day = fields
    let year = day.tm_year + 1900
    guard (0...9999).contains(year) else {
      return Self.padded(year, to: 4) + "-" + Self.padded(day.tm_mon + 1) + "-" + Self.padded(day.tm_mday)
    }
    // Every answer about an account has one.
    return String(unsafeUninitializedCapacity: 10) { text in
      Self.put(year / 100, in: text, at: 0)
      Self.put(year % 100, in: text, at: 2)
      text[4] = UInt8(ascii: "-")
      Self.put(day.tm_mon + 1, in: text, at: 5)
      text[7] = UInt8(ascii: "-")
      Self.put(day.tm_mday, in: text, at: 8)
      return 10
    }
  }

  /// Writes two digits.
  private static func put(_ number: Int32, in text: UnsafeMutableBufferPointer<UInt8>, at index: Int) {
    text[index] = UInt8(ascii: "0") + UInt8(number / 10)
    text[index + 1] = UInt8(ascii: "0") + UInt8(number % 10)
  }

  /// The whole days between 1970-01-01 and its own.
  var daysSince1970: Int64 { (seconds - (seconds % 86400 + 86400) % 86400) / 86400 }

  /// The start of the day `months` months later; of a shorter month that lacks the day, its last.
  public func startOfDay(addingMonths months: Int) -> UTCTime {
    var day = fields
    day.tm_hour = 0
    day.tm_min = 0
    day.tm_sec = 0
    day.tm_mon += Int32(months)
    // Day 0 of the month after is the last of this one.
    var last = day
    last.tm_mon += 1
    last.tm_mday = 0
    _ = timegm(&last)
    day.tm_mday = min(day.tm_mday, last.tm_mday)
    return UTCTime(seconds: Int64(timegm(&day)))
  }

  /// Whether `a` comes before `b`.
  public static func < (a: UTCTime, b: UTCTime) -> Bool { a.seconds < b.seconds }

  private var fields: tm {
    var clock = time_t(seconds)
    var result = tm()
    gmtime_r(&clock, &result)
    return result
  }

  private static func padded(_ number: Int32, to width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
