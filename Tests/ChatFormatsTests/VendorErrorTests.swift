import ChatFormats
import Testing

@Suite struct `Vendors' errors` {
    @Test(arguments: [
        (#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#, ["t", "m", "c"]),
        (
            #"{"type":"error","error":{"type":"t","message":"m"},"request_id":"r"}"#,
            ["t", "m", "-"]
        ),
        (#"{"error":"m"}"#, ["-", "m", "-"]),
        (
            #"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]"#,
            ["RESOURCE_EXHAUSTED", "m", "429"]
        ),
        (#"{"object":"error","message":"m","type":"t","code":400}"#, ["t", "m", "400"]),
        (#"{"detail":"m"}"#, ["-", "m", "-"]),
        (#"{"detail":[{"loc":["body"],"msg":"m","type":"x"}]}"#, ["-", "m", "-"]),
        (#"{"error":{"error":{"message":"m"}}}"#, ["-", "m", "-"]),
        (#"{"error":null,"message":"m"}"#, ["-", "m", "-"]),
        ("{}", ["-", "-", "-"]),
        ("7", ["-", "-", "-"]),
        ("", ["-", "-", "-"]),
        (" no such model\r\n", ["-", "no such model", "-"]),
        ("<html><body>502</body></html>", ["-", "-", "-"]),
    ])
    func `every usual shape is read`(body: String, parts: [String]) {
        let bytes = Array(body.utf8)
        let error = Provider.openAI.errorMessage(body: bytes.span)
        #expect([error.type, error.message, error.code].map { $0 ?? "-" } == parts)
    }

    @Test func `a long message is cut at a character`() {
        let body = Array("{\"error\":\"\(String(repeating: "é", count: 5000))\"}".utf8)
        let error = Provider.openAI.errorMessage(body: body.span)
        #expect(error.message?.utf8.count ?? 0 <= 2048)
        #expect(error.message?.allSatisfy { $0 == "é" } == true)
    }

    @Test func `bytes that are no text say nothing`() {
        let body: [UInt8] = [0xFF, 0xFE, 0x00]
        #expect(Provider.anthropic.errorMessage(body: body.span).message == nil)
    }
}
