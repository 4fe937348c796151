import ChatFormats
import Testing
import Wire

/// What a vendor sends, and what clients get of it.
struct ToolCallShape: CustomTestStringConvertible, Sendable {
    let name: String
    /// Deltas, one an event.
    let deltas: [String]
    /// The calls of the whole answer.
    let calls: [String]

    var testDescription: String { name }

    init(_ name: String, _ deltas: [String], _ calls: [String]) {
        self.name = name
        self.deltas = deltas
        self.calls = calls
    }
}

extension ToolCallShape {
    /// Deltas with one piece of a call each.
    static func pieces(_ pieces: String...) -> [String] {
        pieces.map { #"{"tool_calls":[\#($0)]}"# }
    }

    static func call(_ id: String, _ name: String, _ arguments: String) -> String {
        let text = written { JSONText.appendString(arguments, into: &$0) }
        return #"{"id":"\#(id)","type":"function","function":{"name":"\#(name)","#
            + #""arguments":\#(text)}}"#
    }

    /// The ids that are made up, of the first calls of the answer that the tests read.
    static let madeUp = ["call_07d69607b49d290a", "call_07d69707b49d2abd"]

    /// Recorded forms, and others that a vendor may well send.
    static let openAI = [
        ToolCallShape(
            "OpenAI, in pieces",
            pieces(
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"function":{"arguments":"{\"x\":"}}"#,
                #"{"index":0,"function":{"arguments":"1}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "calls whose pieces interleave",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
                #"{"index":1,"id":"b","function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"function":{"arguments":"{\"x\":"}}"#,
                #"{"index":1,"function":{"arguments":"{\"y\":"}}"#,
                #"{"index":1,"function":{"arguments":"2}"}}"#,
                #"{"index":0,"function":{"arguments":"1}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#), call("b", "f", #"{"y":2}"#)]
        ),
        ToolCallShape(
            "Ollama, one number for all calls",
            pieces(
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"id":"b","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#), call("b", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "LMDeploy, one number for all calls, in pieces with empty ids",
            pieces(
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"id":"","type":"function","function":{"name":null,"arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"id":"b","type":"function","function":{"name":"g","arguments":""}}"#,
                #"{"index":0,"id":"","type":"function","function":{"name":null,"arguments":"{\"y\":2}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#), call("b", "g", #"{"y":2}"#)]
        ),
        ToolCallShape(
            "SGLang, an id that is repeated, and one number",
            pieces(
                #"{"index":0,"id":"0","type":"function","function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"id":"0","type":"function","function":{"arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"id":"1","type":"function","function":{"arguments":"{\"y\":2}"}}"#
            ),
            [call("0", "f", #"{"x":1}"#), call("1", "f", #"{"y":2}"#)]
        ),
        ToolCallShape(
            "one number, and pieces that only their ids tell apart",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}"#,
                #"{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\":"}}"#,
                #"{"index":0,"id":"a","function":{"arguments":"1}"}}"#,
                #"{"index":0,"id":"b","function":{"arguments":"2}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#), call("b", "g", #"{"y":2}"#)]
        ),
        ToolCallShape(
            "one number and no ids",
            pieces(
                #"{"index":0,"function":{"name":"f","arguments":"{\"room\":1}"}}"#,
                #"{"index":0,"function":{"name":"f","arguments":"{\"room\":1}"}}"#
            ),
            [call(madeUp[0], "f", #"{"room":1}"#), call(madeUp[1], "f", #"{"room":1}"#)]
        ),
        ToolCallShape(
            "neither numbers nor ids nor types, in one event",
            [
                #"{"tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},null,{"function":{"name":"g","arguments":"{}"}}]}"#
            ],
            [call(madeUp[0], "f", #"{"x":1}"#), call(madeUp[1], "g", "{}")]
        ),
        ToolCallShape(
            "Poolside, another id from the second piece on",
            pieces(
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"id":"z","function":{"arguments":"{\"x\":"}}"#,
                #"{"index":0,"id":"z","function":{"arguments":"1}"}}"#,
                #"{"index":0,"id":"z","function":{"arguments":""}}"#
            ),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "another id and the same name in each piece",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}"#,
                #"{"index":0,"id":"b","function":{"name":"f","arguments":"1}"}}"#,
                #"{"index":0,"id":"c","function":{"name":"","arguments":""}}"#
            ),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "an id that comes late",
            pieces(
                #"{"index":0,"function":{"name":"f","arguments":""}}"#,
                #"{"index":0,"id":"late","function":{"arguments":"{\"x\":1}"}}"#
            ),
            [call(madeUp[0], "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "a name that comes late",
            pieces(
                #"{"index":0,"id":"a","type":"function"}"#,
                #"{"index":0,"function":{"name":"f","arguments":"{\"x\":"}}"#,
                #"{"index":0,"function":{"arguments":"1}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "a name that comes after the arguments",
            pieces(
                #"{"index":0,"id":"a","function":{"name":null,"arguments":"{\"x\":"},"extra_content":{"k":1}}"#,
                #"{"index":0,"function":{"name":"f","arguments":"1}"}}"#
            ),
            [
                #"{"id":"a","type":"function","extra_content":{"k":1},"function":{"name":"f","arguments":"{\"x\":1}"}}"#
            ]
        ),
        ToolCallShape(
            "two names that come late, under one number",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"id":"b","type":"function"}"#,
                #"{"index":0,"function":{"name":"g","arguments":"{\"y\":2}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#), call("b", "g", #"{"y":2}"#)]
        ),
        ToolCallShape(
            "one id for two calls",
            pieces(
                #"{"index":0,"id":"f","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"index":1,"id":"f","function":{"name":"f","arguments":"{\"x\":2}"}}"#
            ),
            [call("f", "f", #"{"x":1}"#), call(madeUp[1], "f", #"{"x":2}"#)]
        ),
        ToolCallShape(
            "one id and one number for two calls",
            pieces(
                #"{"index":0,"id":"f","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"id":"f","function":{"name":"f","arguments":"{\"x\":2}"}}"#
            ),
            [call("f", "f", #"{"x":1}"#), call(madeUp[1], "f", #"{"x":2}"#)]
        ),
        ToolCallShape(
            "a call that is said twice",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"index":0,"function":{"arguments":{"x":1}}}"#
            ),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "numbers with holes, as text, as fractions, too large and negative",
            pieces(
                #"{"index":"7","id":"a","function":{"name":"f","arguments":"{"}}"#,
                #"{"index":7.0,"function":{"arguments":"}"}}"#,
                #"{"index":9007199254740991,"id":"b","function":{"name":"g","arguments":"{"}}"#,
                #"{"index":9007199254740991,"function":{"arguments":"}"}}"#,
                #"{"index":-1,"id":"c","function":{"name":"h","arguments":"[1"}}"#,
                #"{"index":-1,"function":{"arguments":"]"}}"#,
                #"{"index":1e300,"id":"d","function":{"name":"i","arguments":"{\"x\":1}"}}"#
            ),
            [
                call("a", "f", "{}"), call("b", "g", "{}"), call("c", "h", "[1]"),
                call("d", "i", #"{"x":1}"#),
            ]
        ),
        ToolCallShape(
            "a number from the second piece on",
            pieces(
                #"{"id":"a","function":{"name":"f","arguments":"{"}}"#,
                #"{"index":0,"function":{"arguments":"}"}}"#
            ),
            [call("a", "f", "{}")]
        ),
        ToolCallShape(
            "one call without the array around it",
            [#"{"tool_calls":{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}}"#],
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "name and arguments without the object around them",
            pieces(#"{"id":"a","name":"f","arguments":{"x":1}}"#),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "arguments that are a value",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":{"x":[1,"é"]}}}"#,
                #"{"index":1,"id":"b","function":{"name":"g","arguments":[1]}}"#,
                #"{"index":2,"id":"c","function":{"name":"h","arguments":7}}"#
            ),
            [call("a", "f", #"{"x":[1,"é"]}"#), call("b", "g", "[1]"), call("c", "h", "7")]
        ),
        ToolCallShape(
            "Bedrock, an empty object and then the arguments",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":0,"function":{"arguments":"{\"x\":"}}"#,
                #"{"index":0,"function":{"arguments":"1}"}}"#,
                #"{"index":1,"id":"b","function":{"name":"g","arguments":{}}}"#,
                #"{"index":1,"function":{"arguments":" {\"y\":2}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#), call("b", "g", #" {"y":2}"#)]
        ),
        ToolCallShape(
            "an empty object and then the arguments, with id and name in each piece",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#
            ),
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "calls without arguments",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":1,"id":"b","function":{"name":"g","arguments":""}}"#,
                #"{"index":2,"id":"c","function":{"name":"h","arguments":null}}"#,
                #"{"index":3,"id":"d","function":{"name":"i","arguments":{}}}"#
            ),
            [
                call("a", "f", "{}"), call("b", "g", "{}"), call("c", "h", "{}"),
                call("d", "i", "{}"),
            ]
        ),
        ToolCallShape(
            "brackets and quotes within the arguments",
            pieces(
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\\\"}\"" }}"#,
                #"{"index":0,"function":{"arguments":",\"y\":{}"}}"#,
                #"{"index":0,"function":{"arguments":"}"}}"#
            ),
            [call("a", "f", #"{"x":"}\"}","y":{}}"#)]
        ),
        ToolCallShape(
            "llama-cpp-python, both forms and all members in each piece",
            [
                #"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}],"function_call":{"name":"f","arguments":""}}"#,
                #"{"function_call":{"name":"f","arguments":"{\"x\":"},"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":"}}]}"#,
                #"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"1}"}}],"function_call":{"name":"f","arguments":"1}"}}"#,
            ],
            [call("a", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "the old form, with the name in each piece",
            [
                #"{"function_call":{"name":"f","arguments":""},"tool_calls":null}"#,
                #"{"function_call":{"name":"f","arguments":"{\"x\":"},"tool_calls":[]}"#,
                #"{"function_call":{"name":"f","arguments":"1}"}}"#,
            ],
            [call(madeUp[0], "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "OpenAI, a custom tool",
            pieces(
                #"{"index":0,"id":"a","type":"custom","custom":{"name":"sh","input":""}}"#,
                #"{"index":0,"custom":{"input":"ls {"}}"#,
                #"{"index":0,"custom":{"input":"} | wc"}}"#,
                #"{"index":0,"custom":{"input":" -l"}}"#
            ),
            [#"{"id":"a","type":"custom","custom":{"name":"sh","input":"ls {} | wc -l"}}"#]
        ),
        ToolCallShape(
            "a custom tool without type and id",
            pieces(#"{"custom":{"name":"sh","input":"ls"}}"#),
            [#"{"id":"\#(madeUp[0])","type":"custom","custom":{"name":"sh","input":"ls"}}"#]
        ),
        ToolCallShape(
            "Gemini, a signature that comes once, late or again",
            pieces(
                #"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"},"extra_content":{"google":{"thought_signature":"s"}}}"#,
                #"{"id":"a","extra_content":{"google":{"thought_signature":"s"}}}"#,
                #"{"id":"b","type":"function","function":{"name":"g","arguments":"{\"y\":2}"},"extra_content":null}"#,
                #"{"id":"b","extra_content":{"google":{"thought_signature":"t"}},"function":{"k":1}}"#
            ),
            [
                #"{"id":"a","type":"function","extra_content":{"google":{"thought_signature":"s"}},"function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                #"{"id":"b","type":"function","extra_content":{"google":{"thought_signature":"t"}},"function":{"name":"g","k":1,"arguments":"{\"y\":2}"}}"#,
            ]
        ),
        ToolCallShape(
            "a type that only its vendor knows",
            pieces(#"{"index":0,"id":"a","type":"web","web":{"query":"q"}}"#),
            [#"{"id":"a","type":"web","web":{"query":"q"}}"#]
        ),
        ToolCallShape("no call at all", pieces(#"{"index":0,"id":"a","type":"function"}"#), []),
    ]
}
