import ChatFormats
import Wire

extension FuzzTarget {
    /// Clients' bodies: what is understood is written as JSON for each provider, and what is not is
    /// refused with a message.
    static let chat = FuzzTarget(name: "chat") { input in
        let mode = input.byte()
        let bytes = input.rest()
        var sum = 0
        do throws(ChatRequestError) {
            let request =
                mode & 1 == 1
                ? try ChatRequest(openAIBody: bytes.span) : try ChatRequest(relayBody: bytes.span)
            for provider in Provider.allCases {
                var out: [UInt8] = []
                try provider.writeBody(request, model: "m", into: &out)
                let body = try? JSON.parse(out.span)
                let text = String(decoding: out, as: UTF8.self)
                promise(body?["model"] == .string("m"), "\(provider) is sent \(text)")
                promise(body?["messages"]?.arrayValue?.isEmpty == false, "no messages: \(text)")
                sum += out.count
            }
        } catch {
            promise(!error.message.isEmpty, "a refusal without a message")
        }
        return sum
    }
}
