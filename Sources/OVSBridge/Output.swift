import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes answers to a descriptor that must not be made non-blocking, without ever waiting for its reader.
///
/// A pipe or terminal that `poll` calls writable takes PIPE_BUF bytes at once; a socket is asked per call not to wait;
/// a file takes everything.
struct Output {
  /// How a descriptor is written to without waiting.
  private enum Kind {
    case file
    case socket
    case pieces
  }

  /// What came of writing.
  enum Progress: Equatable {
    /// All is written.
    case flushed
    /// The reader has to take some first: `poll` says when.
    case blocked
    /// It can't be written to any more, for this `errno`.
    case closed(Int32)
  }

  let descriptor: Int32
  private let kind: Kind
  /// The bytes before this one are written.
  private var head = 0

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var status = stat()
    fstat(descriptor, &status)
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFSOCK: kind = .socket
    default: kind = .pieces
    }
  }

  /// How much of `bytes` is still to be written.
  func backlog(of bytes: [UInt8]) -> Int { bytes.count - head }

  /// Writes as much of `bytes` as can be written now, and forgets what was.
  mutating func flush(_ bytes: inout [UInt8]) -> Progress {
    while head < bytes.count {
      guard let written = writeSome(bytes) else {
        forget(&bytes)
        return .blocked
      }
      if written < 0 { return .closed(errno) }
      head += written
    }
    forget(&bytes)
    return .flushed
  }

  /// The number of bytes written; nil where that would wait, -1 and `errno` where it fails.
  private func writeSome(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { buffer in
      let rest = UnsafeRawBufferPointer(rebasing: buffer[head...])
      while true {
        let written: Int
        switch kind {
        case .file:
          written = write(descriptor, rest.baseAddress, rest.count)
        case .socket:
          written = send(descriptor, rest.baseAddress, rest.count, Int32(truncatingIfNeeded: Int(MSG_DONTWAIT)))
        case .pieces:
          var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          if poll(&target, 1, 0) == 0 { return nil }
          written = write(descriptor, rest.baseAddress, min(rest.count, Int(PIPE_BUF)))
        }
        if written >= 0 { return written }
        if errno == EAGAIN || errno == EWOULDBLOCK { return nil }
        if errno != EINTR { return -1 }
      }
    }
  }

  private mutating func forget(_ bytes: inout [UInt8]) {
    if head == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    } else if head > 1 << 16 {
      bytes.removeSubrange(..<head)
    } else {
      return
    }
    head = 0
  }
}
