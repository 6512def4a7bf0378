import OVSAccounts

/// How far this machine's clock is from the service's.
///
/// What depends on it: when the short token is renewed (a minute before its twelve hours are over), how long a
/// Retry-After that is a date has the bridge wait, and whether certificates are valid at all.
struct ClockSkew {
  /// By how many seconds the service's clock is ahead of this machine's; negative if it is behind.
  let seconds: Int64

  /// More than this is told.
  static let tolerated: Int64 = 30
  /// More than this has to be mended.
  static let harmful: Int64 = 300

  /// The skew that a Date (RFC 9110, section 6.6.1) shows, which was written at some time between the start of the
  /// request and the end of its answer.
  init(of date: UTCTime, start: UTCTime, end: UTCTime) {
    seconds = min(0, date.seconds - start.seconds) + max(0, date.seconds - end.seconds)
  }

  /// What it means.
  var finding: Finding {
    let size = abs(seconds)
    guard size > Self.tolerated else { return Finding(.ok, "this machine's clock agrees with the service's") }
    let text = "this machine's clock is \(Self.words(size)) \(seconds > 0 ? "behind" : "ahead of") the service's"
    let advice = "set it, and have it kept right by NTP: timedatectl set-ntp true"
    return size > Self.harmful
      ? Finding(.problem, text, advice: "\(advice); tokens are renewed and waits end at the wrong time")
      : Finding(.note, text, advice: advice)
  }

  private static func words(_ seconds: Int64) -> String {
    switch seconds {
    case ..<120: "\(seconds) seconds"
    case ..<7200: "\(seconds / 60) minutes"
    case ..<172_800: "\(seconds / 3600) hours"
    default: "\(seconds / 86_400) days"
    }
  }
}
