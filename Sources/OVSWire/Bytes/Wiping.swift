#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Overwrites memory that may have held a secret with zeros, even if nothing reads it any more: a plain store would be
/// left out then.
@inlinable public func wipe(_ memory: UnsafeMutableRawBufferPointer) {
  guard let start = memory.baseAddress else { return }
  #if canImport(Darwin)
    memset_s(start, memory.count, 0, memory.count)
  #else
    explicit_bzero(start, memory.count)
  #endif
}

/// Overwrites the elements of an array that may have held a secret with zeros. It must not be shared: a copy would keep
/// them.
@inlinable public func wipe(_ bytes: inout [UInt8]) {
  if !bytes.isEmpty { bytes.withUnsafeMutableBytes { wipe($0) } }
}
