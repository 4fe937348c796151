import Wire

/// Answers that say with status 200 that there is none.
extension Shape {
    static let errors: [Shape] = [
        // llama.cpp's server: an error as a field of the event.
        Shape(
            "error_field",
            #"error: {"message":"the prompt is longer than the context","code":400}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "json_error",
            #"{"error":{"message":"the prompt is longer than the context","code":400}}"#
        ),
        Shape(
            "json_error_typed",
            type: "application/json",
            #"{"error":{"message":"no credit is left","type":"billing","code":"empty"}}"#
        ),
        Shape(
            "page",
            type: "text/html",
            "<!doctype html><html><head><title>Log in</title></head><body></body></html>"
        ),
        // OpenRouter: the provider's status is the error's code.
        Shape(
            "error_event",
            #"data: {"error":{"message":"too many requests","code":429}}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // Gemini: the error in a list.
        Shape(
            "error_list",
            #"data: [{"error":{"message":"too many requests","code":429,"#,
            #""status":"RESOURCE_EXHAUSTED"}}]"#,
            "\n\n"
        ),
        // MiniMax: a status of its own.
        Shape(
            "base_resp",
            #"data: {"choices":null,"base_resp":{"status_code":1008,"#,
            #""status_msg":"insufficient balance"}}"#,
            "\n\n"
        ),
        Shape(
            "anthropic_overloaded",
            "event: error\n",
            #"data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "\n\n"
        ),
    ]
}
