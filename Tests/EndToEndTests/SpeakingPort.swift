import Foundation

/// A port that says the same to everybody who has said something, without TLS; or nothing at all.
final class SpeakingPort: Sendable {
  let number: UInt16
  private let listener: Int32

  init(_ text: String?) throws {
    let socket = try LoopbackListener(backlog: 4)
    let listener = socket.descriptor
    self.listener = listener
    number = socket.port
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
