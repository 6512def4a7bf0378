import Testing

@testable import OVSWire

/// Members that stand twice in one object are found, wherever it lies.
struct DuplicateMemberTests {
  @Test(arguments: [
    (#"{"a":1,"a":2}"#, "a", 7), (#"{"a":1,"b":2,"a":3}"#, "a", 13), (#"{"":1,"":2}"#, "", 6),
    (#"{"a":{"b":1,"b":2}}"#, "b", 12), (#"{"x":[1,[{"y":{"z":1,"z":1}}]]}"#, "z", 21),
    (#"[{},{"a":1,"a":1}]"#, "a", 11),
    (#"{"a":1,"\u0061":2}"#, "a", 7), (#"{"\u0061":1,"a":2}"#, "a", 12), (#"{"a\/b":1,"a/b":2}"#, "a/b", 10),
    (#"{"\uD83D\uDE00":1,"😀":2}"#, "😀", 18), (#"{"\n":1,"\u000A":2}"#, "\n", 8), (#"{"é":1,"\u00E9":2}"#, "é", 8),
  ])
  func `A name that stands twice in one object is found with its second place`(
    text: String, name: String, offset: Int
  ) throws {
    let document = try Document(text)
    let found = try #require(document.duplicate(in: document.root), "no duplicate was found in \(text)")
    #expect(found.name == name && found.offset == offset, "in \(text)")
  }

  @Test(arguments: [
    "{}", #"{"a":1}"#, #"{"a":1,"A":2}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":2}]"#, #"{"x":{"a":1},"y":{"a":1}}"#,
    #"{"a":"a","b":"a"}"#, #"{"a":1,"a ":2}"#, #"{"a":1,"aa":2}"#, #"["a","a"]"#, #""a""#,
    "{\"\u{E9}\":1,\"e\u{301}\":2}", #"{"\u00E9":1,"e\u0301":2}"#, #"{"a\\u0061":1,"a\u0061":2}"#,
  ])
  func `Names that differ, or stand in different objects, are no duplicates`(text: String) throws {
    let document = try Document(text)
    let found = document.duplicate(in: document.root)
    #expect(found == nil, "\(found?.name ?? "") was taken for a duplicate in \(text)")
  }

  private func object(_ names: [String]) -> String {
    "{" + names.map { #""\#($0)":0"# }.joined(separator: ",") + "}"
  }

  @Test(arguments: [1, 2, 7, 8, 9, 10, 2000])
  func `However many members an object has, one that stands twice is found`(count: Int) throws {
    let names = (0..<count).map { "n\($0)" }
    let distinct = try Document(object(names))
    #expect(distinct.duplicate(in: distinct.root) == nil, "\(count) different members have no duplicate")

    for index in Set([0, count / 2, count - 1]) {
      let document = try Document(object(names + [names[index]]))
      let found = try #require(document.duplicate(in: document.root), "member \(index) of \(count) stands twice")
      #expect(found.name == names[index])
      #expect(found.offset == object(names).utf8.count, "the second of two is the one at fault")
    }
  }

  @Test(arguments: [0, 5, 50])
  func `Of several members that stand twice, the first to be repeated is named`(others: Int) throws {
    let text = object(["z", "z", "a", "a"] + (0..<others).map { "n\($0)" })
    let document = try Document(text)
    #expect(document.duplicate(in: document.root)?.name == "z", "among \(others) other members")
  }

  @Test(arguments: [3, 12])
  func `Where a name stands three times, its second place is named`(count: Int) throws {
    let text = object(["a", "a", "a"] + (3..<count).map { "n\($0)" })
    let document = try Document(text)
    #expect(document.duplicate(in: document.root)?.offset == 7)
  }

  @Test func `A duplicate in one element says nothing of the next`() throws {
    let document = try Document(#"[{"a":1,"a":2},{"a":1}]"#)
    let found = document.elements(of: document.root).map { document.duplicate(in: $0)?.name }
    #expect(found == ["a", nil])
  }
}
