#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes all of it, waiting for the reader if need be; gives the `errno` where that fails, else 0.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = UnsafeRawBufferPointer(rebasing: rest)
    let count = write(descriptor, piece.baseAddress, piece.count)
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno == EAGAIN {
      // Others that have the descriptor may have made it non-blocking.
      var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&target, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}
