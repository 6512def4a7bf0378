import CCurl
import OVSAccounts

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What became of a request that asks a service for nothing but an answer, and all that was learnt on its way.
public struct ServiceProbe: Sendable {
  /// Why there is no answer.
  public struct Fault: Sendable {
    /// What is wrong.
    public var trouble: ConnectionTrouble
    /// What a command would be told.
    public var reason: String

    /// A fault.
    public init(_ trouble: ConnectionTrouble, _ reason: String) {
      self.trouble = trouble
      self.reason = reason
    }
  }

  /// Why there is no answer; nil if there is one.
  public var fault: Fault?
  /// The address that the name has, or the proxy's; nil if it was not found.
  public var address: String?
  /// The port there.
  public var port = 0
  /// Whether it went through a proxy, as far as libcurl tells: it does for one that speaks HTTP.
  public var isProxied = false
  /// The version of TLS, such as `TLS 1.3`; nil if there is no TLS, or libcurl doesn't tell.
  public var tlsVersion: String?
  /// When the service's certificate ends; nil if libcurl doesn't tell.
  public var certificateEnd: UTCTime?
  /// The answer's HTTP status; 0 if there is none.
  public var status = 0
  /// The time of the answer by the service's clock: its Date (RFC 9110, section 6.6.1), and its Age since, if it comes
  /// from a cache (RFC 9111, section 5.1). Nil if it has no Date that can be read.
  public var date: UTCTime?
  /// When the request was made, by this machine's clock.
  public var start: UTCTime
  /// When its answer was there, by this machine's clock.
  public var end: UTCTime

  /// A request of a moment, of which nothing is known yet.
  public init(at time: UTCTime = .now) {
    start = time
    end = time
  }
}

/// What can't be taken apart without waiting for the look-up of a name, which is left to the end of the process. Nothing
/// ever looks at it.
private nonisolated(unsafe) var lookingUp: [AnyObject] = []

extension LibcurlTransport {
  /// Asks a service for nothing but an answer, on a connection of its own, and waits for it; within the time that a
  /// connection may take, and then within `limit` altogether, whatever the service or the network does.
  public func probe(_ domain: APIDomain, within limit: Duration) -> ServiceProbe {
    var probe = ServiceProbe()
    guard let multi = Multi(maxConnections: 1), let transfer = Transfer(options, KeptSockets()) else {
      probe.fault = .init(.noConnection, "libcurl has no memory for a request")
      return probe
    }
    let observer = Observer(of: transfer)
    let start = monotonicTime()
    transfer.prepareProbe(of: domain, connectBy: start + options.connectTimeout, answerBy: start + limit)
    guard multi.add(transfer.easy, at: start) else {
      probe.fault = .init(.noConnection, "libcurl has no memory for a request")
      return probe
    }
    let outcome = Self.wait(for: transfer, in: multi)
    probe.end = .now
    let stage = Self.stage(of: transfer, isEncrypted: domain.isEncrypted)
    switch outcome {
    case .done(0): break
    case .done(let code):
      let trouble = transfer.isExcessive ? .noHTTP : transfer.result(code).trouble(at: stage)
      probe.fault = .init(trouble, transfer.failure(code).reason)
    case .overdue(let failure):
      // The proxy is connected to and has not let TLS begin.
      let isProxySlow = stage == .encryption && observer.hasAskedProxy && !transfer.hasProxyAnswered
      probe.fault = .init(isProxySlow ? .badProxy : ConnectionTrouble(slow: stage), failure.reason)
    }
    probe.take(transfer, observer)
    if case .overdue = outcome, transfer.mayBeLookingUp(after: multi.runs) {
      lookingUp += [multi, transfer]
    } else {
      multi.remove(transfer.easy)
    }
    return probe
  }

  private enum Outcome {
    case done(Int32)
    case overdue(TransportFailure)
  }

  private static func wait(for transfer: Transfer, in multi: Multi) -> Outcome {
    while true {
      let now = monotonicTime()
      multi.takeTimer(at: now)
      if let (_, code) = multi.nextDone() { return .done(code) }
      if let failure = transfer.overdue(at: now) { return .overdue(failure) }
      var targets = multi.targets
      let wake = earlier(multi.wakeTime, transfer.dueTime).map { max(0, ($0 - now).milliseconds) } ?? -1
      guard poll(&targets, nfds_t(targets.count), Int32(clamping: wake)) > 0 else { continue }
      let then = monotonicTime()
      for target in targets where target.revents != 0 { multi.take(target, at: then) }
    }
  }

  private static func stage(of transfer: Transfer, isEncrypted: Bool) -> ConnectionTrouble.Stage {
    func has(_ info: ccurl_info) -> Bool { ccurl_easy_number(transfer.easy, info) > 0 }
    if has(CCURLINFO_PRETRANSFER_TIME_T) { return .answer }
    // Some versions tell the time of the port's answer only once TLS is there, too.
    if has(CCURLINFO_CONNECT_TIME_T) || transfer.hasReachedPort { return isEncrypted ? .encryption : .answer }
    return has(CCURLINFO_NAMELOOKUP_TIME_T) ? .connection : .name
  }
}

extension ServiceProbe {
  /// Takes over what libcurl tells once it is done.
  fileprivate mutating func take(_ transfer: Transfer, _ observer: Observer) {
    let easy = transfer.easy
    if let text = ccurl_easy_pointer(easy, CCURLINFO_PRIMARY_IP) {
      let address = String(cString: text.assumingMemoryBound(to: CChar.self))
      if !address.isEmpty { self.address = address }
    }
    port = Int(ccurl_easy_number(easy, CCURLINFO_PRIMARY_PORT))
    isProxied = transfer.hasProxyAnswered
    tlsVersion = observer.tlsVersion
    certificateEnd = ccurl_easy_certificate(easy, "Expire date").flatMap { UTCTime(dateInWords: String(cString: $0)) }
    if fault == nil { status = Int(ccurl_easy_number(easy, CCURLINFO_RESPONSE_CODE)) }
    date = observer.date.map { UTCTime(seconds: $0.seconds + observer.age) }
  }
}

/// What a transfer shows on its way and can't be asked for afterwards.
private final class Observer {
  private(set) var tlsVersion: String?
  /// Whether a proxy that speaks HTTP was asked to let the connection through.
  private(set) var hasAskedProxy = false
  private(set) var date: UTCTime?
  private(set) var age: Int64 = 0

  /// Observes a transfer that has not begun.
  init(of transfer: Transfer) {
    // Of both it does no harm if this libcurl doesn't know them.
    ccurl_easy_set_long(transfer.easy, CCURLOPT_CERTINFO, 1)
    ccurl_easy_set_long(transfer.easy, CCURLOPT_VERBOSE, 1)
    ccurl_easy_set_pointer(transfer.easy, CCURLOPT_DEBUGDATA, Unmanaged.passUnretained(self).toOpaque())
    // Without one, libcurl would write to stderr.
    ccurl_easy_set_debug_function(transfer.easy) { _, what, bytes, count, data in
      if Int(what) == CCURL_DEBUG_TEXT, let data {
        Unmanaged<Observer>.fromOpaque(data).takeUnretainedValue()
          .takeWords(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
      }
      return 0
    }
    // It is kept by this, too: libcurl has words until the transfer's very end.
    transfer.onHeader = { [self] in takeHeader(String(decoding: $0, as: UTF8.self)) }
  }

  /// libcurl's words: `SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384`, with GnuTLS `TLS1.3`. NSS leaves the
  /// version out.
  private func takeWords(_ words: String) {
    if words.hasPrefix("Establish HTTP proxy tunnel") { hasAskedProxy = true }
    let start = "SSL connection using "
    guard words.hasPrefix(start), let name = words.dropFirst(start.count).split(separator: " ").first,
      let prefix = ["TLSv", "TLS"].first(where: name.hasPrefix)
    else { return }
    let version = name.dropFirst(prefix.count)
    if version.first?.isNumber ?? false { tlsVersion = "TLS \(version)" }
  }

  private func takeHeader(_ line: String) {
    // What an interim answer said (RFC 9110, section 15.2) is not the answer's.
    if line.hasPrefix("HTTP/") { (date, age) = (nil, 0) }
    let parts = line.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return }
    let value = parts[1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    switch parts[0].lowercased() {
    case "date": date = UTCTime(dateInWords: value)
    // One that is no number counts for nothing.
    case "age": age = Int64(UInt32(value) ?? 0)
    default: break
    }
  }
}
