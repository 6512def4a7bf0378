import CCurl
import OVSAccounts
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One request on its way, carried by libcurl; once that has ended, it is used again for others.
///
/// A change must not be sent twice, but libcurl sends a request again by itself where a connection that was kept open
/// turns out to be closed, and can't know whether the service read it before. So libcurl has to ask before it sends a
/// request on a connection: a change counts as sent from the first time on, whatever becomes of it, and is refused the
/// second. Over TLS libcurl takes a kept connection for alive whose end is there to be read, so that is looked for too:
/// such a request is refused before anything of it was sent, which closes the connection, and starts over.
///
/// Before 7.80 libcurl doesn't ask. It sends again only what it still has, or can rewind, so there the body of a change
/// is handed over by a callback that can't be rewound, at the price of a packet of its own.
///
/// Nor does a change go by HTTP/2: a server that has had enough of a connection refuses the requests under way on it
/// (GOAWAY, RFC 9113, section 6.8), which it has not read, but libcurl doesn't tell that from a connection that broke.
/// Their outcome would be unknown for no reason. With HTTP/1.1 the server says so in the answer before.
final class Transfer {
  /// The longest body of an answer that is taken.
  static let longestBody = 1 << 20
  /// The longest head that is taken.
  static let longestHead = 1 << 16
  /// The longest wait that a Retry-After is believed, in seconds: what newer versions of libcurl keep to.
  private static let longestWait: Int64 = 6 * 60 * 60
  /// Memory above this is given back after an unusually large answer.
  private static let keptBytes = 1 << 16

  /// The handle that a request is carried by.
  private(set) var easy: OpaquePointer
  /// The handle that requests are set up in; the same, but where one can't be used again: there each request has a copy,
  /// which is cheaper than to set up another.
  private let model: OpaquePointer
  private(set) var ticket = 0
  /// The service, as messages name it.
  private(set) var host = ""
  private var isEncrypted = false
  /// Whether a proxy may stand between.
  private var isProxied = false
  /// The answer's body so far.
  private(set) var body: [UInt8] = []

  private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CCURL_ERROR_SIZE))
  private let options: LibcurlTransport.Options
  /// What it is set up for, as long as the next request is for the same.
  private var target: (method: AMAPIRequest.Method, domain: APIDomain)?
  /// The token in the headers.
  private var bearer: String?
  private var headers: OpaquePointer?
  private var form = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  /// How much of the form was handed over, where libcurl has to ask for it.
  private var formOffset = 0
  /// Whether libcurl asks before it sends a request.
  private var asksBefore = false
  /// Whether sending it has begun.
  private var isBegun = false
  /// Whether it was refused a connection that had ended, before anything was sent: it may start over.
  private(set) var wasRefused = false
  private let kept: KeptSockets
  /// What was opened to connect it.
  private var openedSockets: [Int32] = []
  /// When a connection must have come about; nil once one has, and while nothing is under way.
  private var connectDeadline: Duration?
  /// When an answer must have come; nil for whenever.
  private var deadline: Duration?
  /// How often libcurl had run before it was added.
  private var runs = 0
  /// Whether nobody waits for it any more: it must not be sent.
  private(set) var isAbandoned = false
  /// Whether the request must not be carried out twice.
  private(set) var isChange = false
  private var headBytes = 0
  /// Whether the answer says when to come back. Before 7.72 libcurl may give what an older answer said.
  private var hasRetryAfter = false
  /// What of the answer was longer than is taken.
  private var excess: String?
  /// Takes each line of the answer's head.
  var onHeader: ((UnsafeRawBufferPointer) -> Void)?

  /// A handle for requests, one after the other; nil where memory is out.
  init?(_ options: LibcurlTransport.Options, _ kept: KeptSockets) {
    guard let easy = ccurl_easy_init() else {
      words.deallocate()
      return nil
    }
    self.easy = easy
    model = easy
    self.kept = kept
    self.options = options
    setUp()
  }

  /// Sets what is the same for every request.
  private func setUp() {
    asksBefore =
      ccurl_easy_set_prereq_function(model) { data, _, _, _, port in
        Int32(Transfer.behind(data).begin(port: port) ? CCURL_PREREQFUNC_OK : CCURL_PREREQFUNC_ABORT)
      } == 0
    let this = Unmanaged.passUnretained(self).toOpaque()
    ccurl_easy_set_pointer(model, CCURLOPT_PRIVATE, this)
    ccurl_easy_set_pointer(model, CCURLOPT_ERRORBUFFER, words)
    ccurl_easy_set_string(model, CCURLOPT_USERAGENT, options.userAgent)
    // A limit of libcurl's would wait for the look-up of a name, if one is under way: the limits are kept outside.
    ccurl_easy_set_long(model, CCURLOPT_CONNECTTIMEOUT_MS, 86_400_000)
    ccurl_easy_set_long(model, CCURLOPT_QUICK_EXIT, 1)
    // Signals are the bridge's.
    ccurl_easy_set_long(model, CCURLOPT_NOSIGNAL, 1)

    ccurl_easy_set_long(model, CCURLOPT_SSLVERSION, CCURL_SSLVERSION_TLSv1_2)
    ccurl_easy_set_long(model, CCURLOPT_SSL_VERIFYPEER, 1)
    ccurl_easy_set_long(model, CCURLOPT_SSL_VERIFYHOST, 2)
    if let file = options.caFile {
      ccurl_easy_set_string(model, CCURLOPT_CAINFO, file)
      ccurl_easy_set_string(model, CCURLOPT_CAPATH, nil)
    }

    ccurl_easy_set_long(model, CCURLOPT_POST, 1)
    ccurl_easy_set_long(model, CCURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    ccurl_easy_set_pointer(model, CCURLOPT_WRITEDATA, this)
    ccurl_easy_set_write_function(model) { bytes, _, count, data in
      Transfer.behind(data).take(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    ccurl_easy_set_pointer(model, CCURLOPT_HEADERDATA, this)
    ccurl_easy_set_header_function(model) { bytes, _, count, data in
      Transfer.behind(data).takeHeader(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    ccurl_easy_set_pointer(model, CCURLOPT_SOCKOPTDATA, this)
    ccurl_easy_set_sockopt_function(model) { data, socket, _ in
      // For other programs, should the process ever start one.
      _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
      return Int32(Transfer.behind(data).open(socket) ? CCURL_SOCKOPT_OK : CCURL_SOCKOPT_ERROR)
    }
    ccurl_easy_set_pointer(model, CCURLOPT_PREREQDATA, this)
    ccurl_easy_set_pointer(model, CCURLOPT_READDATA, this)
    ccurl_easy_set_read_function(model) { buffer, size, count, data in
      Transfer.behind(data).giveForm(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
    }
  }

  deinit {
    clear()
    ccurl_easy_cleanup(model)
    ccurl_list_free(headers)
    words.deallocate()
  }

  private static func behind(_ data: UnsafeMutableRawPointer?) -> Transfer {
    guard let data else { fatalError("libcurl lost a transfer's data") }
    return Unmanaged<Transfer>.fromOpaque(data).takeUnretainedValue()
  }

  /// Gets ready to carry a request, on a connection of its own if it `isAlone`. libcurl has run `runs` times so far.
  ///
  /// - Returns: false where memory is out.
  func prepare(
    _ request: AMAPIRequest, to domain: APIDomain, as ticket: Int, isAlone: Bool, after runs: Int,
    connectBy: Duration, answerBy: Duration?
  ) -> Bool {
    self.ticket = ticket
    self.runs = runs
    connectDeadline = connectBy
    deadline = answerBy
    words[0] = 0
    if target?.method != request.method || target?.domain != domain { aim(at: request.method, domain) }
    if headers == nil || bearer != request.bearer { setHeaders(request.bearer) }
    var bytes = request.form
    form = .allocate(capacity: bytes.count)
    _ = form.initialize(from: bytes)
    wipe(&bytes)
    ccurl_easy_set_long(model, CCURLOPT_FRESH_CONNECT, isAlone ? 1 : 0)
    ccurl_easy_set_long(model, CCURLOPT_FORBID_REUSE, 0)
    ccurl_easy_set_long(model, CCURLOPT_POSTFIELDSIZE, form.count)
    let isGivenWhole = asksBefore || !isChange
    ccurl_easy_set_pointer(model, CCURLOPT_POSTFIELDS, isGivenWhole ? UnsafeMutableRawPointer(form.baseAddress) : nil)
    if Libcurl.canReuseHandles { return true }
    guard let copy = ccurl_easy_duplicate(model) else { return false }
    easy = copy
    return true
  }

  /// Sets what is the same for all requests for a method of a service.
  private func aim(at method: AMAPIRequest.Method, _ domain: APIDomain) {
    target = (method, domain)
    isChange = method.endpoint.isChange
    aim(at: options.paths[method], of: domain)
  }

  private func aim(at path: String, of domain: APIDomain) {
    host = domain.description
    isEncrypted = domain.isEncrypted
    ccurl_easy_set_string(model, CCURLOPT_URL, domain.base + path)
    // What goes to this machine in plain text must not pass through another one.
    ccurl_easy_set_string(model, CCURLOPT_PROXY, isEncrypted ? nil : "")
    isProxied = isEncrypted && EnvironmentProxy.named != nil
    ccurl_easy_set_long(model, CCURLOPT_HTTP_VERSION, isChange ? CCURL_HTTP_VERSION_1_1 : CCURL_HTTP_VERSION_NONE)
  }

  /// Gets a transfer that has carried no request ready to ask a service for nothing but an answer.
  ///
  /// It is a HEAD of the root, by the same options as all requests: safe by RFC 9110, section 9.2.1, without a body on
  /// either side, and with no key. Any answer will do, the usual 404 as well.
  func prepareProbe(of domain: APIDomain, connectBy: Duration, answerBy: Duration) {
    connectDeadline = connectBy
    deadline = answerBy
    words[0] = 0
    aim(at: "/", of: domain)
    setHeaders(nil)
    ccurl_easy_set_long(model, CCURLOPT_NOBODY, 1)
  }

  private func setHeaders(_ bearer: String?) {
    self.bearer = bearer
    // libcurl would wait for a "100 Continue" before it sends the body.
    let authorization = bearer.map { "Authorization: Bearer \($0)" }
    var list: OpaquePointer?
    for header in ["Accept: application/json", "Expect:", authorization].compactMap(\.self) {
      list = ccurl_list_append(list, header)
    }
    ccurl_easy_set_list(model, CCURLOPT_HTTPHEADER, list)
    ccurl_list_free(headers)
    headers = list
  }

  /// Gets ready to start over, of which nothing was sent. libcurl has run `runs` times so far.
  func startOver(after runs: Int) {
    self.runs = runs
    wasRefused = false
    openedSockets.removeAll(keepingCapacity: true)
  }

  /// Has the request not be sent, while libcurl goes on with it.
  func abandon() {
    isAbandoned = true
    connectDeadline = nil
    deadline = nil
  }

  /// When it may be overdue; nil for never.
  var dueTime: Duration? {
    guard let connectDeadline else { return deadline }
    return min(connectDeadline, deadline ?? connectDeadline)
  }

  /// What it has failed to do in time by `now`; nil if nothing.
  func overdue(at now: Duration) -> TransportFailure? {
    if let connectDeadline, connectDeadline <= now {
      guard isConnected else {
        return TransportFailure(
          .noConnection, wasSent: wasSent, "\(host) can't be reached: no connection came about in time")
      }
      self.connectDeadline = nil
    }
    guard let deadline, deadline <= now else { return nil }
    return TransportFailure(.timeout, wasSent: wasSent, "\(host) did not answer in time")
  }

  /// Has its connection closed with it, or, where others share it (HTTP/2), with the last of them.
  func giveUpConnection() { ccurl_easy_set_long(easy, CCURLOPT_FORBID_REUSE, 1) }

  /// Forgets the request and its answer.
  func clear() {
    connectDeadline = nil
    deadline = nil
    isAbandoned = false
    ccurl_easy_set_pointer(model, CCURLOPT_POSTFIELDS, nil)
    if easy != model {
      ccurl_easy_cleanup(easy)
      easy = model
    }
    // Both hold keys and passwords.
    wipe(UnsafeMutableRawBufferPointer(form))
    wipe(&body)
    form.deallocate()
    form = .init(start: nil, count: 0)
    formOffset = 0
    isBegun = false
    wasRefused = false
    openedSockets.removeAll(keepingCapacity: true)
    body.removeAll(keepingCapacity: body.capacity <= Self.keptBytes)
    headBytes = 0
    hasRetryAfter = false
    excess = nil
  }

  /// Whether the service may have got the whole request.
  var wasSent: Bool { isChange ? isBegun : isConnected }

  /// Whether the service's name may be being looked up, now that libcurl has run `runs` times.
  func mayBeLookingUp(after runs: Int) -> Bool {
    self.runs < runs && !isConnected && ccurl_easy_number(easy, CCURLINFO_NAMELOOKUP_TIME_T) == 0
  }

  /// Whether one of the sockets that were opened for it is connected, though TLS may not be there.
  var hasReachedPort: Bool {
    openedSockets.contains { socket in
      var address = sockaddr_storage()
      var size = socklen_t(MemoryLayout.size(ofValue: address))
      return withUnsafeMutableBytes(of: &address) { bytes in
        bytes.baseAddress.map { getpeername(socket, $0.assumingMemoryBound(to: sockaddr.self), &size) == 0 } ?? false
      }
    }
  }

  /// Whether it is on the same connection as another (HTTP/2).
  func shares(_ other: Transfer) -> Bool {
    let port = ccurl_easy_number(easy, CCURLINFO_LOCAL_PORT)
    return port > 0 && port == ccurl_easy_number(other.easy, CCURLINFO_LOCAL_PORT)
  }

  private var isConnected: Bool { ccurl_easy_number(easy, CCURLINFO_PRETRANSFER_TIME_T) > 0 }

  /// Whether a proxy that speaks HTTP has answered, whatever it said.
  var hasProxyAnswered: Bool { ccurl_easy_number(easy, CCURLINFO_HTTP_CONNECTCODE) > 0 }

  /// Whether the answer was longer than is taken.
  var isExcessive: Bool { excess != nil }

  /// Why there is no answer.
  func failure(_ code: Int32) -> TransportFailure {
    if let excess {
      return TransportFailure(.noAnswer, wasSent: wasSent, "the answer of \(host) has \(excess)")
    }
    let (kind, reason) = result(code).interpretation(host: host)
    return TransportFailure(kind, wasSent: wasSent, reason)
  }

  /// How it ended without an answer.
  func result(_ code: Int32) -> TransferResult {
    TransferResult(
      code: code, detail: String(cString: words), meaning: String(cString: ccurl_easy_strerror(code)),
      systemError: Int32(ccurl_easy_number(easy, CCURLINFO_OS_ERRNO)), isConnected: isConnected, isProxied: isProxied)
  }

  /// The answer.
  func reply(body: JSONValue) -> AMAPIReply {
    let wait = hasRetryAfter ? ccurl_easy_number(easy, CCURLINFO_RETRY_AFTER) : 0
    let location = ccurl_easy_pointer(easy, CCURLINFO_REDIRECT_URL)
    return AMAPIReply(
      status: Int(ccurl_easy_number(easy, CCURLINFO_RESPONSE_CODE)),
      retryAfter: wait > 0 ? Int(min(wait, Self.longestWait)) : nil,
      location: location.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }, body: body)
  }

  // MARK: libcurl's callbacks

  private func takeHeader(_ line: UnsafeRawBufferPointer) -> Int {
    headBytes += line.count
    guard headBytes <= Self.longestHead else {
      excess = "more than \(Self.longestHead) bytes of headers"
      return 0
    }
    onHeader?(line)
    let name = "retry-after:".utf8
    if line.count > name.count, zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) { hasRetryAfter = true }
    return line.count
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard body.count + bytes.count <= Self.longestBody else {
      excess = "a body longer than \(Self.longestBody) bytes"
      return 0
    }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  /// Whether a socket may be used to connect it.
  private func open(_ socket: Int32) -> Bool {
    openedSockets.append(socket)
    return !isAbandoned
  }

  /// Whether the request may be sent on the connection with this port of our own.
  private func begin(port: Int32) -> Bool {
    if isAbandoned || isChange && isBegun { return false }
    let isNew = !openedSockets.isEmpty && kept.add(openedSockets, port: port)
    // Without TLS libcurl has looked itself.
    if isChange, isEncrypted, !isNew, kept.hasEnded(port: port) {
      wasRefused = true
      return false
    }
    isBegun = true
    return true
  }

  private func giveForm(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    if isAbandoned { return Int(CCURL_READFUNC_ABORT) }
    isBegun = true
    let piece = form[formOffset...].prefix(buffer.count)
    buffer.copyBytes(from: piece)
    formOffset += piece.count
    return piece.count
  }
}
