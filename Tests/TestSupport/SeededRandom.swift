import Foundation

/// Random numbers that a seed repeats (SplitMix64), so that what failed once fails again.
public struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// A seed for a run: another each time, or the one in TEST_SEED, to repeat a run that failed.
  public static func newSeed() -> Int {
    ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { Int($0) } ?? .random(in: .min ... .max)
  }

  /// The sequence of `seed`.
  public init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
