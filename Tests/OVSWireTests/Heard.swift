@testable import OVSWire

/// What an envelope reader made of a line, in the terms of the protocol.
struct Heard {
  /// One message of the line.
  struct Item {
    var command: Command?
    var parameters: Parameters?
    var timeout: Duration?
    var failure: Failure?
    var reply: ReplyAddress

    init(_ incoming: Incoming) {
      switch incoming {
      case .request(let request):
        command = request.command
        parameters = request.parameters
        timeout = request.timeout
        reply = request.reply
      case .fault(let fault):
        failure = fault.failure
        command = fault.command
        reply = fault.reply
      case .settled:
        preconditionFailure("a message of another protocol")
      }
    }

    /// The item in a few words: dialect, command, identifier, and the error with its field.
    var summary: String {
      var words = [reply.dialect == .native ? "native" : "json-rpc"]
      if let command { words.append(String(command.number)) }
      if let id = reply.id { words.append("id=" + id.text) }
      if let failure {
        words.append("\(failure.code)")
        if let field = failure.field { words.append("field=" + field) }
      }
      if !reply.wantsAnswer { words.append("unanswered") }
      return words.joined(separator: " ")
    }
  }

  let items: [Item]
  let isBatch: Bool

  init(_ message: Message) {
    switch message {
    case .single(let incoming): (items, isBatch) = ([Item(incoming)], false)
    case .batch(let list): (items, isBatch) = (list.map(Item.init), true)
    }
  }

  /// What a new reader makes of `line`.
  init(_ line: String) {
    var reader = EnvelopeReader(table: .standard)
    self.init(reader.read(line))
  }

  /// The line's message, if it is no batch.
  var only: Item? { isBatch ? nil : items.first }

  /// Each item's summary, in brackets for a batch.
  var summary: String {
    let texts = items.map(\.summary)
    return isBatch ? "[" + texts.joined(separator: ", ") + "]" : texts.joined()
  }
}

extension EnvelopeReader {
  mutating func read(_ line: String) -> Message {
    let bytes = Array(line.utf8)
    return read(bytes.span)
  }
}

extension Failure {
  subscript(detail name: String) -> JSONValue? { details.first { $0.name == name }?.value }

  var field: String? { self[detail: "field"]?.string }
}
