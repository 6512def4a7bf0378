import Foundation

/// A socket that listens on a free port of this machine; whoever makes it closes it.
struct LoopbackListener {
  let descriptor: Int32
  private(set) var address = sockaddr_in()

  var port: UInt16 { UInt16(bigEndian: address.sin_port) }

  /// Listens with a queue of `backlog` connections.
  init(backlog: Int32) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let (descriptor, size) = (descriptor, Self.size)
    let result = Self.withPointer(to: &address) { pointer in
      var size = size
      return bind(descriptor, pointer, size) | listen(descriptor, backlog) | getsockname(descriptor, pointer, &size)
    }
    guard result == 0 else { throw Trouble("no port: \(String(cString: strerror(errno)))") }
  }

  /// Has a socket connect to it.
  func receive(_ client: Int32) {
    var address = address
    _ = Self.withPointer(to: &address) { connect(client, $0, Self.size) }
  }

  private static let size = socklen_t(MemoryLayout<sockaddr_in>.size)

  private static func withPointer<Result>(
    to address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
  ) -> Result {
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
  }
}
