import ChatFormats
import Testing
import Wire

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
        (#"{"success":false,"errors":[{"code":7003,"message":"m"}]}"#, ["-", "m", "7003"]),
        (#"{"base_resp":{"status_code":1008,"status_msg":"m"}}"#, ["-", "m", "1008"]),
        (#"{"base_resp":{"status_code":0,"status_msg":""},"message":"m"}"#, ["-", "m", "-"]),
        (#"{"object":"error","message":{"detail":[{"msg":"m"}]},"code":3}"#, ["-", "m", "3"]),
        (#"{"statusCode":401,"message":"m"}"#, ["-", "m", "401"]),
        (#"{"type":"about:blank","title":"t","detail":"m"}"#, ["about:blank", "m", "-"]),
        (#"{"error_code":336002,"error_msg":"m"}"#, ["-", "m", "336002"]),
        (#"{"code":"c","error":"m"}"#, ["-", "m", "c"]),
        (#"{"error":"m now","error_type":"t"}"#, ["t", "m now", "-"]),
        (
            #"{"timestamp":1,"status":500,"error":"Internal Server Error","message":"m"}"#,
            ["-", "m", "-"]
        ),
        (#"{"error":"unauthorized","message":"m","code":7}"#, ["unauthorized", "m", "7"]),
        (#"{"error":{"message":"m","code":"c","status":400}}"#, ["-", "m", "c"]),
        (#""gone""#, ["-", "gone", "-"]),
        ("{}", ["-", "-", "-"]),
        ("7", ["-", "-", "-"]),
        ("", ["-", "-", "-"]),
        (" no such model\r\n", ["-", "no such model", "-"]),
        ("<html><body>502</body></html>", ["-", "-", "-"]),
        ("\u{FEFF}\r\n<TITLE lang=x>\n 413  Too\tLarge </TITLE>", ["-", "413 Too Large", "-"]),
        (
            "<!doctype html><h1>Not <b>f&#246;und</b> &amp; gone</h1>",
            ["-", "Not föund & gone", "-"]
        ),
        ("<html><title></title><h1>Log in</h1>", ["-", "Log in", "-"]),
        ("<?xml version=\"1.0\"?><Error><Message>Denied</Message></Error>", ["-", "Denied", "-"]),
        ("<title>a&b &nosuch; &#0;", ["-", "a&b &nosuch; &#0;", "-"]),
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

    @Test func `the title of a long page is found`() {
        let filler = String(repeating: "<!-- x -->", count: 4000)
        let error = VendorError(body: Array("<html>\(filler)<title>502</title>".utf8).span)
        #expect(error.message == "502" && error.isPage)
    }

    @Test(arguments: [
        (#"{"error":{"message":"m","param":"tools[0].type","code":"c"}}"#, "tools[0].type"),
        (#"{"error":{"message":"m","param":null}}"#, "-"),
        (#"{"detail":[{"loc":["body","messages",0,"content"],"msg":"m"}]}"#, "messages[0].content"),
        (#"{"detail":[{"loc":["body"],"msg":"m"}]}"#, "-"),
        (#"{"object":"error","message":{"detail":[{"loc":["body","n"],"msg":"m"}]}}"#, "n"),
    ])
    func `the member at fault is named`(body: String, param: String) {
        #expect(VendorError(body: Array(body.utf8).span).detail.param ?? "-" == param)
    }

    @Test func `other members of the error are kept up to a bound`() {
        let long = String(repeating: "x", count: 4090)
        let body = """
            {"error":{"message":"m","type":"t","code":429,"param":null,"innererror":{"code":"J"},
             "metadata":{"raw":"\(long)"},"status":"UNAVAILABLE","none":null},"request_id":"r"}
            """
        let detail = VendorError(body: Array(body.utf8).span).detail
        #expect(detail.members.map(\.key) == ["innererror", "status"])
        #expect(detail.isCodeNumber)
    }

    @Test(arguments: [
        (#"{"code":429}"#, 429), (#"{"code":"503"}"#, 503), (#"{"code":8}"#, nil),
        (#"{"type":"overloaded_error"}"#, 529), (#"{"type":"rate_limit_error"}"#, 429),
        (#"{"type":"invalid_request_error"}"#, 400), (#"{"type":"authentication_error"}"#, 401),
        (#"{"type":"billing_error"}"#, 402), (#"{"type":"permission_error"}"#, 403),
        (#"{"type":"not_found_error"}"#, 404), (#"{"type":"request_too_large"}"#, 413),
        (#"{"type":"api_error"}"#, 500), (#"{"type":"timeout_error"}"#, 504),
        (#"{"status":"RESOURCE_EXHAUSTED"}"#, 429), (#"{"status":"UNAVAILABLE"}"#, 503),
        (#"{"status":"INVALID_ARGUMENT"}"#, 400), (#"{"status":"DEADLINE_EXCEEDED"}"#, 504),
        (#"{"type":"invalid_request_error","code":"invalid_api_key"}"#, 401),
        (#"{"type":"invalid_request_error","code":"model_not_found"}"#, 404),
        (#"{"type":"tokens","code":"rate_limit_exceeded"}"#, 429),
        (#"{"type":"insufficient_quota","code":"insufficient_quota"}"#, 429),
        (#"{"code":"context_length_exceeded"}"#, 400), (#"{"type":"server_error"}"#, 500),
        (#"{"type":"RateLimitError"}"#, 429), (#"{"type":"BadRequestError","code":400}"#, 400),
        (#"{"code":"nobody_knows","status":402}"#, 402),
        (#"{"__type":"ThrottlingException"}"#, 429), (#"{"type":"nobody_knows"}"#, nil),
    ])
    func `a vendor's word stands for a status`(error: String, status: Int?) {
        let body = Array(#"{"error":\#(error)}"#.utf8)
        #expect(VendorError(body: body.span).detail.status == status)
    }
}
