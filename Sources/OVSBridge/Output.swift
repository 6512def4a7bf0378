import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes answers to a descriptor that must not be made non-blocking, without ever waiting for its reader; or hands them
/// out within the process.
///
/// A pipe or terminal is opened anew, so that only this end is non-blocking; a socket is asked per call not to wait; a
/// file takes everything. A pipe that can't be opened takes PIPE_BUF bytes at once when `poll` calls it writable.
///
/// Answers may hold passwords: what is written is overwritten with zeros in memory.
struct Output: ~Copyable {
  /// How a descriptor is written to without waiting, or whom lines are handed to in place of one.
  private enum Kind {
    case whole
    case socket
    case pieces
    case lines((Span<UInt8>) -> Void)
  }

  /// Memory above this is given back after an unusually large answer.
  private static let keptBytes = 1 << 20

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
  private var bytes = ByteBuffer()
  /// The bytes before this one are written.
  private var head = 0

  /// Takes a descriptor over.
  init(_ descriptor: Int32) {
    if let own = Descriptors.nonBlockingTerminal(descriptor) ?? Descriptors.nonBlockingPipe(descriptor) {
      close(descriptor)
      self.descriptor = own
      kind = .whole
      return
    }
    self.descriptor = descriptor
    var status = stat()
    fstat(descriptor, &status)
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .whole
    case S_IFSOCK: kind = .socket
    default: kind = .pieces
    }
  }

  /// Hands each line to `take`, without its end.
  init(_ take: @escaping (Span<UInt8>) -> Void) {
    descriptor = -1
    kind = .lines(take)
  }

  /// How many bytes are still to be written.
  var backlog: Int { bytes.count - head }

  /// Takes bytes to be written, out of the buffer they were made in.
  mutating func take(_ more: inout ByteBuffer) {
    if bytes.isEmpty {
      swap(&bytes, &more)
    } else {
      more.withUnsafeBytes { bytes.append(contentsOf: $0.assumingMemoryBound(to: UInt8.self)) }
      more.eraseAll(keepingAtMost: Self.keptBytes)
    }
  }

  /// Writes as much as can be written now.
  mutating func flush() -> Progress {
    while backlog > 0 {
      guard let written = writeSome() else {
        forgetWritten()
        return .blocked
      }
      if written < 0 { return .closed(errno) }
      // At once, while it is in the processor's cache.
      bytes.erase(head..<head + written)
      head += written
    }
    forgetWritten()
    return .flushed
  }

  /// The number of bytes written; nil where that would wait, -1 and `errno` where it fails.
  private func writeSome() -> Int? {
    bytes.withUnsafeBytes { buffer in
      let rest = UnsafeRawBufferPointer(rebasing: buffer[head...])
      while true {
        let written: Int
        switch kind {
        case .whole:
          written = write(descriptor, rest.baseAddress, rest.count)
        case .socket:
          written = send(descriptor, rest.baseAddress, rest.count, Int32(truncatingIfNeeded: Int(MSG_DONTWAIT)))
        case .pieces:
          var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          if poll(&target, 1, 0) == 0 { return nil }
          written = write(descriptor, rest.baseAddress, min(rest.count, Int(PIPE_BUF)))
        case .lines(let take):
          // The dispatcher gives whole lines.
          for line in rest.split(separator: UInt8(ascii: "\n")) {
            take(UnsafeRawBufferPointer(rebasing: line).assumingMemoryBound(to: UInt8.self).span)
          }
          written = rest.count
        }
        if written >= 0 { return written }
        if errno == EAGAIN || errno == EWOULDBLOCK { return nil }
        if errno != EINTR { return -1 }
      }
    }
  }

  private mutating func forgetWritten() {
    if backlog == 0 {
      bytes.removeAll(keepingAtMost: Self.keptBytes)
    } else if head > 1 << 16 {
      bytes.removeFirst(head)
    } else {
      return
    }
    head = 0
  }
}
