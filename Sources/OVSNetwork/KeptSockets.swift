#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The sockets of connections that may be used again, by their own ports: libcurl names a request's connection by that.
///
/// An entry may outlive its connection; then it is about another one, or none. So nothing more may depend on it than
/// whether a connection is taken or closed unused.
final class KeptSockets {
  private var sockets: [(port: Int32, socket: Int32)] = []

  /// Remembers which of the sockets that were opened for a connection it has come about with; false if none.
  func add(_ opened: [Int32], port: Int32) -> Bool {
    guard let socket = opened.first(where: { Self.port(of: $0) == port }) else { return false }
    sockets.removeAll { $0.socket == socket || $0.port == port }
    sockets.append((port, socket))
    return true
  }

  /// Whether the service has said something since the last answer on a connection, which can only be the end of it.
  func hasEnded(port: Int32) -> Bool {
    guard let socket = sockets.first(where: { $0.port == port })?.socket else { return false }
    var byte: UInt8 = 0
    let flags = Int32(truncatingIfNeeded: Int(MSG_PEEK)) | Int32(truncatingIfNeeded: Int(MSG_DONTWAIT))
    return recv(socket, &byte, 1, flags) >= 0 || errno != EAGAIN && errno != EWOULDBLOCK
  }

  private static func port(of socket: Int32) -> Int32? {
    var address = sockaddr_storage()
    var size = socklen_t(MemoryLayout.size(ofValue: address))
    return withUnsafeMutableBytes(of: &address) { bytes in
      guard let base = bytes.baseAddress,
        getsockname(socket, base.assumingMemoryBound(to: sockaddr.self), &size) == 0
      else { return nil }
      // At the same place in IPv4's and IPv6's.
      return Int32(UInt16(bigEndian: base.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_port))
    }
  }
}
