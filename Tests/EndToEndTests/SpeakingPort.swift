import Foundation

/// A port that says the same to everybody who has said something, without TLS; or nothing at all.
final class SpeakingPort: Sendable {
  let number: UInt16
  private let listener: Int32

  init(_ text: String?) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) | listen(listener, 4) | getsockname(listener, address, &size)
      }
    }
    guard result == 0 else { throw Trouble("no port: \(String(cString: strerror(errno)))") }
    self.listener = listener
    number = UInt16(bigEndian: address.sin_port)
    // The system connects whoever comes, and keeps what they say.
    guard let text else { return }
    Thread.detachNewThread {
      while true {
        // Until the listener is shut down.
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        // All of it: closing what was not read takes the answer back.
        var heard = [UInt8](repeating: 0, count: 1 << 16)
        _ = read(client, &heard, heard.count)
        _ = text.utf8CString.withUnsafeBytes { write(client, $0.baseAddress, $0.count - 1) }
        close(client)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
