import OVSWire

/// What is known of the real account service, carried out on accounts in memory.
///
/// Where the vendor's pages say nothing, it is settled here: a new product starts on the day it is added and becomes
/// the current plan, and the account is due when the last of its products is; a change replaces the current plan by
/// one that starts on that day; buying a product takes a cancellation back.
struct SandboxService: ~Copyable {
  private static let addClientInterval = Duration.seconds(AMAPIReply.addClientInterval)
  /// For how long a long token of an account without an active plan is valid; documented.
  private static let longLifetime: Int64 = 30 * 24 * 60 * 60

  private let options: Sandbox.Options
  /// The accounts; nil where one was closed.
  private var accounts: [SandboxAccount?] = []
  private var places: [Key: Int] = [:]
  private var freePlaces: [Int] = []
  private var lastAddition: Duration?
  private var random = SandboxRandom()
  private var lastNonce = 0
  /// The moment asked for last, for which there are many questions.
  private var lastTime: (now: Duration, time: UTCTime)?
  /// The products that start on the day asked for last, which is counted from 1970; in the order of all plans.
  private var products: (day: Int64, all: [SandboxAccount.Product])?

  /// What keeps the accounts, if anything does.
  private var file: SandboxFile?
  /// Takes what is to be told about the file.
  private let warn: (String) -> Void

  /// A service with the accounts that the options' file keeps, if there is one.
  ///
  /// - Throws: why the file can't be used.
  init(_ options: Sandbox.Options, warn: @escaping (String) -> Void) throws(SandboxFile.Fault) {
    self.options = options
    self.warn = warn
    guard let path = options.file else { return }
    var kept: [Key: SandboxAccount] = [:]
    file = try SandboxFile.opened(path, warn: warn) { Self.take($0, into: &kept) }
    for (key, account) in kept {
      account.tokenNonce = nextNonce()
      places[key] = accounts.count
      accounts.append(account)
    }
  }

  /// Looks at a file without changing it: how many accounts it keeps, and whether its last record is half written.
  ///
  /// - Throws: why it can't be used.
  static func inspect(_ path: String) throws(SandboxFile.Fault) -> (accountCount: Int, isTorn: Bool) {
    var kept: [Key: SandboxAccount] = [:]
    let isTorn = try SandboxFile.inspect(path) { take($0, into: &kept) }
    return (kept.count, isTorn)
  }

  /// Takes a record of the file; says what is wrong with it, if anything.
  private static func take(_ json: JSONValue, into kept: inout [Key: SandboxAccount]) -> String? {
    switch SandboxRecord(json) {
    case .account(let account): kept[Key(account.email)] = account
    case .closed(let email): kept[Key(email)] = nil
    case nil: return "it tells of no account"
    }
    return nil
  }

  /// The sandbox's clock.
  mutating func time(at now: Duration) -> UTCTime {
    if let lastTime, lastTime.now == now { return lastTime.time }
    let time = UTCTime(seconds: options.start.seconds + now.components.seconds)
    lastTime = (now, time)
    return time
  }

  // MARK: Requests

  /// Why a request is refused.
  private enum Refusal: Error {
    case known(AMAPIErrorCode, retryAfter: Int? = nil)
    case other(status: Int, code: String, message: String)
  }

  /// Carries a request out.
  mutating func answer(_ request: AMAPIRequest, at now: Duration) -> AMAPIReply {
    do {
      return try carryOut(request, at: now)
    } catch {
      switch error {
      case .known(let code, let retryAfter):
        let words = code.rawValue.lowercased().split(separator: "_").joined(separator: " ")
        return refusal(status: code.row.status, code: code.rawValue, message: words, retryAfter: retryAfter)
      case .other(let status, let code, let message):
        return refusal(status: status, code: code, message: message, retryAfter: nil)
      }
    }
  }

  private func refusal(status: Int, code: String, message: String, retryAfter: Int?) -> AMAPIReply {
    AMAPIReply(
      status: status, retryAfter: retryAfter,
      body: .object([
        .init("status", .string("error")), .init("code", .string(code)), .init("message", .string(message)),
      ]))
  }

  /// A success; with new tokens if a place is named. Those before stay valid until their own end.
  private func success(
    _ subject: SandboxAnswer.Subject = .none, tokensFor place: Int? = nil, at time: UTCTime,
    mail: AMAPIReply.Mail? = nil
  ) -> AMAPIReply {
    SandboxAnswer(subject, tokens: place.flatMap { tokens(for: $0, at: time) }, mail: mail)
  }

  private func tokens(for place: Int, at time: UTCTime) -> (short: SandboxToken, long: SandboxToken)? {
    guard let account = accounts[place] else { return nil }
    let shortEnd = UTCTime(seconds: time.seconds + Tokens.shortLifetime)
    let longEnd = account.due > time ? account.due : UTCTime(seconds: time.seconds + Self.longLifetime)
    return (
      SandboxToken(.short, place: place, nonce: account.tokenNonce, end: shortEnd),
      SandboxToken(.long, place: place, nonce: account.tokenNonce, end: longEnd)
    )
  }

  private mutating func carryOut(_ request: AMAPIRequest, at now: Duration) throws(Refusal) -> AMAPIReply {
    guard let key = request[.apiKey], !key.isEmpty, options.apiKey.map({ isSame($0, key) }) ?? true else {
      throw .known(.invalidAPIKey)
    }
    let isSecretKeyGiven = try checkSecretKey(request)
    let isPrivileged = options.isWhitelisted || isSecretKeyGiven
    let time = self.time(at: now)
    switch request.method {
    case .addClient:
      return try addClient(request, isPrivileged: isPrivileged, at: now)
    case .tokenRefresh:
      return try refreshTokens(request, at: time)
    case .getClient:
      let place = try place(for: request, isPrivileged: isPrivileged, at: time)
      return try answer(about: place, at: time)
    case .newProduct:
      let place = try place(for: request, isPrivileged: isPrivileged, at: time)
      let product = try product(request, from: time)
      try change(place) { $0.add(product) }
      return success(tokensFor: options.isWhitelisted ? place : nil, at: time)
    case .upgradeProduct:
      let place = try place(for: request, isPrivileged: isPrivileged, at: time)
      let product = try product(request, from: time)
      try change(place) { $0.change(to: product) }
      return success(tokensFor: options.isWhitelisted ? place : nil, at: time)
    case .cancelClient:
      let place = try place(for: request, isPrivileged: isPrivileged, at: time)
      try change(place) { $0.isCancelled = true }
      return success(at: time)
    case .closeClient:
      let place = try place(for: request, isPrivileged: isPrivileged, at: time)
      if let account = accounts[place] { try keep(.closed(email: account.email)) }
      close(place)
      return success(at: time)
    case .resetPassword:
      let place = try place(for: request, isPrivileged: isPrivileged, at: time)
      let password = random.password()
      let nonce = nextNonce()
      try change(place) { account in
        account.password = password
        account.tokenNonce = nonce
      }
      return success(
        at: time,
        mail: accounts[place].map { .init(to: $0.email, subject: "Your new VPN password", password: password) })
    }
  }

  private mutating func answer(about place: Int, at time: UTCTime) throws(Refusal) -> AMAPIReply {
    guard let account = accounts[place] else { throw .known(.clientNotFound) }
    guard account.due > time else {
      throw .other(
        status: 409, code: "NO_ACTIVE_PLAN",
        message: "the account has no active plan since \(account.due.date); OVS_CMD_NEW_PRODUCT adds one")
    }
    return success(.client(account.plan.type, due: account.due, account.credential), at: time)
  }

  private mutating func addClient(
    _ request: AMAPIRequest, isPrivileged: Bool, at now: Duration
  ) throws(Refusal) -> AMAPIReply {
    if !isPrivileged, let last = lastAddition, now - last < Self.addClientInterval {
      let left = (Self.addClientInterval - (now - last)).components
      throw .known(.rateLimited, retryAfter: Int(left.seconds) + (left.attoseconds > 0 ? 1 : 0))
    }
    let time = self.time(at: now)
    guard let email = request[.email], let country = request[.country] else {
      throw .other(status: 422, code: "MISSING_FIELD", message: "email and country are required")
    }
    let product = try self.product(request, from: time)
    let key = Key(email)
    let place = freePlaces.last ?? accounts.count
    if let taken = Self.enter(place, at: &places[key]) {
      guard accounts[taken]?.isOver(at: time) ?? false else { throw .known(.clientExists) }
      close(taken)
      return try addClient(request, isPrivileged: isPrivileged, at: now)
    }
    let account = SandboxAccount(
      email: email, password: request[.password] ?? random.password(), country: country,
      firstName: request[.firstName] ?? "", lastName: request[.lastName] ?? "",
      companyName: request[.companyName] ?? "", product: product, credential: SandboxCredential(random.word()),
      tokenNonce: nextNonce())
    do {
      try keep(.account(account))
    } catch {
      places[key] = nil
      throw error
    }
    if place == accounts.count {
      accounts.append(account)
    } else {
      freePlaces.removeLast()
      accounts[place] = account
    }
    lastAddition = now
    return success(
      .newClient(email: email, password: account.password), tokensFor: options.isWhitelisted ? place : nil, at: time)
  }

  /// Puts a place where none is.
  ///
  /// - Returns: the one that is there already.
  private static func enter(_ place: Int, at entry: inout Int?) -> Int? {
    if let entry { return entry }
    entry = place
    return nil
  }

  private mutating func refreshTokens(_ request: AMAPIRequest, at time: UTCTime) throws(Refusal) -> AMAPIReply {
    // The password stands in for the token, whoever sends it.
    let place = try place(for: request, isPrivileged: request[.password] != nil, at: time)
    if request.bearer == nil, let password = accounts[place]?.password, !isSame(password, request[.password]) {
      throw .known(.invalidPassword)
    }
    return success(tokensFor: place, at: time)
  }

  // MARK: Rights

  /// Whether the request holds the secret key.
  private func checkSecretKey(_ request: AMAPIRequest) throws(Refusal) -> Bool {
    guard let key = request[.secretKey] else { return false }
    guard !key.isEmpty, options.secretKey.map({ isSame($0, key) }) ?? true else { throw .known(.invalidSecretKey) }
    return true
  }

  /// A request must hold a token of the account it is about, or come from somebody privileged.
  private func authorize(_ request: AMAPIRequest, isPrivileged: Bool, at time: UTCTime) throws(Refusal) {
    guard let bearer = request.bearer else {
      guard isPrivileged else { throw .known(.notPermitted) }
      return
    }
    guard let token = SandboxToken(bearer), accounts.indices.contains(token.place),
      let owner = accounts[token.place], token.nonce == owner.tokenNonce, time < token.end, !owner.isOver(at: time),
      token.kind == (request.method == .tokenRefresh ? .long : .short)
    else { throw .known(.invalidToken) }
    guard AccountName.key(owner.email) == request[.email].map(AccountName.key) else { throw .known(.otherAccount) }
  }

  /// A number that no tokens have had. Tokens don't leave the process, so that it needn't be hard to guess.
  private mutating func nextNonce() -> Int {
    lastNonce += 1
    return lastNonce
  }

  // MARK: Accounts

  /// An e-mail in the form by which accounts are told apart, with its hash: the dictionary then looks at the texts of
  /// others neither to grow nor in passing.
  private struct Key: Hashable {
    let name: String
    let hash: Int

    init(_ email: String) {
      name = AccountName.key(email)
      hash = name.hashValue
    }

    static func == (a: Key, b: Key) -> Bool { a.hash == b.hash && a.name == b.name }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
  }

  /// The place of the account that a request is about, once it has shown its right to it.
  private mutating func place(for request: AMAPIRequest, isPrivileged: Bool, at time: UTCTime) throws(Refusal) -> Int {
    try authorize(request, isPrivileged: isPrivileged, at: time)
    guard let place = place(of: request, at: time) else { throw .known(.clientNotFound) }
    return place
  }

  /// The product that a request asks for, from today on.
  private mutating func product(_ request: AMAPIRequest, from time: UTCTime) throws(Refusal) -> SandboxAccount.Product {
    guard let plan = SandboxPlan(id: request[.type]) else { throw .known(.unknownPlan) }
    let day = time.daysSince1970
    if products?.day != day { products = (day, SandboxPlan.allCases.map { $0.product(from: time) }) }
    return products?.all.first { $0.type == plan } ?? plan.product(from: time)
  }

  /// The place of the account that the request names; nil if there is none, or it has come to its end.
  private mutating func place(of request: AMAPIRequest, at time: UTCTime) -> Int? {
    guard let place = request[.email].flatMap({ places[Key($0)] }), let account = accounts[place] else {
      return nil
    }
    guard account.isOver(at: time) else { return place }
    close(place)
    return nil
  }

  /// Changes an account, once the change is kept.
  private mutating func change(_ place: Int, _ change: (SandboxAccount) -> Void) throws(Refusal) {
    guard let account = accounts[place] else { return }
    guard file != nil else { return change(account) }
    let changed = SandboxAccount(copying: account)
    change(changed)
    try keep(.account(changed))
    accounts[place] = changed
  }

  /// Has the file, if there is one, keep a change that is about to be made.
  private mutating func keep(_ record: SandboxRecord) throws(Refusal) {
    guard file != nil else { return }
    // Before the change, of which the accounts don't know yet.
    if file?.isOvergrown(live: places.count) ?? false { rewriteFile() }
    do throws(SandboxFile.Fault) {
      try file?.append(record.json)
    } catch {
      throw .other(
        status: 507, code: "INSUFFICIENT_STORAGE", message: "the sandbox's file \(file?.path ?? "") \(error.reason)")
    }
  }

  /// Rids the file of what is out of date. It goes on as it is where that fails.
  private mutating func rewriteFile() {
    do throws(SandboxFile.Fault) {
      try file?.rewrite(accounts.lazy.compactMap(\.self).map { SandboxRecord.account($0).json })
    } catch {
      warn("the sandbox's file \(file?.path ?? "") \(error.reason); it goes on growing")
    }
  }

  private mutating func close(_ place: Int) {
    if let account = accounts[place] { places[Key(account.email)] = nil }
    accounts[place] = nil
    freePlaces.append(place)
  }

  /// Whether a key or password is the right one, byte for byte.
  private func isSame(_ right: String, _ given: String?) -> Bool { given?.hasSameBytes(as: right) ?? false }
}
