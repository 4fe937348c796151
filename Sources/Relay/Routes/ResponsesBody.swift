import HTTPServer
import Wire

/// A body of OpenAI's Responses API, which newer libraries send by default, at a chat route.
enum ResponsesBody {
    private static let prompts = ["messages", "message", "prompt"]

    /// What to tell a client whose body could not be read; nil where it is something else.
    @inline(never)
    static func problem(_ body: Span<UInt8>) -> Problem? {
        guard let members = (try? JSON.parse(body, limits: .stranger))?.members,
            members.contains(where: { equals($0.key, "input") && $0.value != .null }),
            !members.contains(where: { $0.isNamed(oneOf: prompts) })
        else { return nil }
        return .invalid(
            "input: this is a body of OpenAI's Responses API, which is not spoken here; send"
                + " messages to /v1/chat/completions, as its Chat Completions API has them",
            code: "input"
        )
    }
}
