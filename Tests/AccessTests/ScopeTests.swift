import Testing

@testable import Access

/// Words for what a caller may do.
@Suite struct ScopeTests {
    @Test(arguments: [
        ("chat", ["chat"]), ("delete,chat", ["chat", "delete"]), ("read,read", ["read"]),
        ("admin", ["admin"]), ("chat,admin", ["admin"]),
        ("chat,read,delete,metrics", ["chat", "read", "delete", "metrics"]),
    ])
    func `words are read, and written in one order`(list: String, words: [String]) throws {
        #expect(try Scopes(list: list).words == words)
    }

    @Test(arguments: [
        ("write", "write is no scope"), ("", "a word is no scope"), ("chat,", "a word is no scope"),
        ("chat, read", "a word is no scope"), ("Chat", "Chat is no scope"),
        ("chat\nx", "a word is no scope"), ("relay_0123456789_abc", "a word is no scope"),
    ])
    func `an unknown word is refused, and the known ones listed`(list: String, problem: String) {
        let error = #expect(throws: ScopeError.self) { try Scopes(list: list) }
        #expect(
            error?.description
                == "\(problem); expected some of chat, read, delete, metrics, admin"
        )
    }

    @Test func `who may do everything may do each thing, and nobody else may`() {
        for scope in Scope.allCases {
            #expect(Scopes.admin.allows(scope))
            #expect(Scopes.admin.contains(Scopes(scope)))
            #expect(!Scopes().allows(scope))
            for other in Scope.allCases where other != scope && scope != .admin {
                #expect(!Scopes(scope).allows(other))
            }
        }
        #expect(!([.chat, .read, .delete, .metrics] as Scopes).allows(.admin))
        #expect(Scopes(rawValue: 0xE0).isEmpty)
        #expect(Scopes.admin.intersection(.chat) == .chat)
    }
}
