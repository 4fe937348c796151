import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import simulate

/// What clients ask, as the relay's own routes read it.
@Suite struct AskTests {
    private static func ask() -> Ask {
        var ask = Ask("wörld & peace? #17")
        ask.model = "m"
        ask.conversation = "a/b c"
        ask.user = "u é"
        ask.key = "k-1"
        ask.onDisconnect = .grace(seconds: 7)
        ask.fields = ["Authorization": "Bearer x"]
        return ask
    }

    @Test(arguments: Tongue.allCases)
    func everyTongueAsksTheSameOnItsRoute(tongue: Tongue) throws {
        let chance = Chance(seed: 3)
        for turn in 0..<40 {
            let request = Self.ask().request(
                in: tongue,
                turn % 2 == 0 ? .fetch : .standard,
                by: chance
            )
            let chat: ChatRequest
            switch try Route.match(request.head) {
            case .chat(let route):
                guard tongue == .eventSource else {
                    chat = try route.request(request.body.span)
                    break
                }
                chat = try ChatRequest(query: #require(QueryItems(request.head.query ?? "")))
            case .announce: chat = try ChatRequest(relayBody: request.body.span)
            case let other:
                Issue.record("\(other)")
                return
            }
            #expect(chat.messages == [.init(role: .user, text: "wörld & peace? #17")])
            #expect(chat.conversation == "a/b c" && chat.user == "u é" && chat.model == "m")
            #expect(chat.onDisconnect == "grace:7")
            #expect(chat.id == "k-1" || request.head.fields.first("Idempotency-Key") == "k-1")
            #expect(request.head.fields.first("Authorization") == "Bearer x")
            #expect(EventSourceRefusal.isOfEventSource(request.head) == (tongue == .eventSource))
            #expect(chat.stream == (tongue != .whole))
        }
    }

    @Test(arguments: [nil, "u"])
    func aKeyMeansTheSameQuestionWhereThatIsSaid(user: String?) throws {
        let chance = Chance(seed: 4)
        var ask = Self.ask()
        ask.user = user
        var found: [(tongue: Tongue, fingerprint: RequestFingerprint)] = []
        for tongue in Tongue.allCases {
            for _ in 0..<8 {
                let request = ask.request(in: tongue, .fetch, by: chance)
                let chat =
                    tongue == .eventSource
                    ? try ChatRequest(query: #require(QueryItems(request.head.query ?? "")))
                    : tongue.isOpenAIs
                        ? try ChatRequest(openAIBody: request.body.span)
                        : try ChatRequest(relayBody: request.body.span)
                found.append((tongue, .of(chat)))
            }
        }
        for one in found {
            for other in found {
                let isSame = ask.isSame(in: one.tongue, as: other.tongue)
                #expect((one.fingerprint == other.fingerprint) == isSame)
            }
        }
    }

    @Test func aClientThatComesBackIsUnderstood() throws {
        let chance = Chance(seed: 5)
        let id = "AUtfIzu1WarIaeLCU3_b1nM"
        for count in [EntryPlace.Count.log, .record] {
            let place = EntryPlace(generation: id, number: 12, in: count)
            #expect(EntryPlace(place.id) == place)
            for _ in 0..<60 {
                for dialect in Dialect.all {
                    let request = ClientRequest.resume(after: place, in: dialect, [:], by: chance)
                    let query = try #require(QueryItems(request.head.query ?? ""))
                    let position = try #require(StreamPosition(request.head, query))
                    #expect(position.generation == id && position.next == 13)
                    #expect(position.isOfRecord == (count == .record))
                    #expect(query["format"] == dialect.name)
                }
            }
        }
        #expect(EntryPlace("x") == nil && EntryPlace("x.") == nil && EntryPlace(".1") == nil)
    }

    @Test func allOtherRequestsHaveRoutes() throws {
        let chance = Chance(seed: 9)
        let fields = ["Authorization": "Bearer x"] as HeaderFields
        let expected: [(ClientRequest, Route)] = [
            (.announced("g", fields, by: chance), .announced),
            (.read("g", in: .text, fields), .stream(id: "g")),
            (.stop("g", fields), .stop(id: "g")),
            (.delete("a/b é", fields), .deleteConversation(id: "a/b é")),
            (.messages(of: "a/b é", fields), .conversation(id: "a/b é")),
            (.conversations(fields), .conversations),
            (.records(of: "a/b", fields), .history), (.records(fields), .history),
            (.readiness, .readiness),
        ]
        for (request, route) in expected { #expect(try Route.match(request.head) == route) }
    }
}
