import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// What an attempt sends.
@Suite struct QuestionTests {
    private func candidate(_ provider: Provider) -> ModelTable.Candidate {
        ModelTable([
            .init(name: "one", provider: provider, baseURL: "http://one", key: nil, model: "m")
        ]).candidates(for: nil)[0]
    }

    private let request = ChatRequest(messages: [.init(role: .user, text: "hi")])

    @Test(arguments: [Provider.openAI, .anthropic])
    func `each attempt's body is the same, written anew`(provider: Provider) throws {
        let candidate = candidate(provider)
        let question = try Question(request, for: candidate)
        let first = try question.takeBody(for: candidate)
        #expect(try JSON.parse(first.span)["model"]?.stringValue == "m")
        #expect(try question.takeBody(for: candidate) == first)
        #expect(try Question(request).takeBody(for: candidate) == first)
    }

    @Test func `another upstream is asked in its own protocol`() throws {
        let question = try Question(request, for: candidate(.openAI))
        _ = try question.takeBody(for: candidate(.openAI))
        let body = try question.takeBody(for: candidate(.anthropic))
        #expect(try JSON.parse(body.span)["max_tokens"] != nil)
    }
}
