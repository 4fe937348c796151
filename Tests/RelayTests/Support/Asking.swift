import ChatFormats
import Simulator
import Testing
import Wire

@testable import Generations
@testable import Relay

/// An answer as a client had it.
struct Heard {
    var head = Head()
    var events: [Event] = []

    /// The last event.
    var last: Event { events.last ?? Event() }
    /// The data of the last event of a name.
    func data(_ name: String) -> String? { events.last { $0.name == name }?.data }
}

/// The text that a dialect's events carry.
func spoken(in events: [Event], as dialect: Dialect) -> String {
    events.map { spoken(by: $0, as: dialect) }.joined()
}

/// The text that one event carries.
func spoken(by event: Event, as dialect: Dialect) -> String {
    switch dialect {
    case .events: event.name == "token" ? event.data : ""
    case .text: event.name.isEmpty && event.data != "[DONE]" ? event.data : ""
    case .tokens: event.name == "newToken" ? event.data : ""
    case .content: event.json["content"]?.stringValue ?? ""
    default:
        event.json["choices"]?.arrayValue?.first?["delta"]?["content"]?.stringValue ?? ""
    }
}

/// Percent-encodes a query's value.
func encoded(_ text: String) -> String {
    var out = ""
    let digits = Array("0123456789ABCDEF")
    for byte in text.utf8 {
        let character = Character(UnicodeScalar(byte))
        if byte < 0x80, character.isLetter || character.isNumber {
            out.append(character)
        } else {
            out += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
    return out
}

/// A text as JSON.
func quoted(_ text: String) -> String {
    var out: [UInt8] = []
    JSONText.appendString(text, into: &out)
    return String(decoding: out, as: UTF8.self)
}

extension TestRelay {
    /// A connection that a loop serves.
    func connect(onLoop loop: Int) throws -> TestClient {
        let client = try connect()
        try place(client, onLoop: loop)
        return client
    }

    /// Moves a connection to a loop: it moves there for an answer that does not exist, and stays.
    func place(_ client: TestClient, onLoop loop: Int) throws {
        client.request("DELETE", "/chat/streams/\(GenerationID.make(loop: loop))")
        #expect(try client.readHead().status == 404)
        _ = try client.readBody()
    }

    /// Asks with POST /chat/stream and reads the whole answer.
    func ask(_ model: String, more: String = "", query: String = "") throws -> Heard {
        let client = try connect()
        let body = "{\"message\":\"hi\",\"model\":\(quoted(model))\(more)}"
        client.request("POST", "/chat/stream" + query, body: body)
        let head = try client.readHead()
        return Heard(head: head, events: try client.readEvents())
    }

    /// Asks with GET /chat/stream and reads the whole answer, as an EventSource would.
    func get(_ model: String, more: String = "", _ fields: HeaderFields = [:]) throws -> Heard {
        let client = try connect()
        client.request("GET", "/chat/stream?prompt=hi&model=\(encoded(model))\(more)", fields)
        let head = try client.readHead()
        return Heard(head: head, events: try client.readEvents())
    }

    /// Comes back after an event and reads on, as an EventSource would.
    func resume(_ id: String, after event: String) throws -> Heard {
        let client = try connect()
        client.request("GET", "/chat/streams/\(id)", ["Last-Event-ID": event])
        let head = try client.readHead()
        return Heard(head: head, events: try client.readEvents())
    }

    /// Sends one request and reads status, fields and JSON.
    func exchange(
        _ method: String,
        _ target: String,
        _ fields: HeaderFields = [:],
        body: String? = nil
    ) throws -> (head: Head, json: JSON) {
        let client = try connect()
        client.request(method, target, fields, body: body)
        let head = try client.readHead(isToHead: method == "HEAD")
        let content = try client.readBody()
        return (head, (try? JSON.parse(content.span)) ?? .null)
    }

    /// Begins an answer and returns the client that reads it.
    func begin(_ model: String, more: String = "", query: String = "") throws -> (TestClient, Head)
    {
        let client = try connect()
        let fields: HeaderFields = ["Accept": "text/event-stream"]
        let body = "{\"message\":\"hi\",\"model\":\(quoted(model))\(more)}"
        client.request("POST", "/chat/stream" + query, fields, body: body)
        return (client, try client.readHead())
    }
}
