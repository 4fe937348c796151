/// What a dialect writes for a log with every kind of entry: exact bytes that clients rely on.
struct Golden: Sendable {
    let dialect: String
    let hasIDs: Bool
    /// One for each entry, the last one being `finish`, as if it were the first that is written.
    let frames: [String]
    /// The frame of the last entry where it is `failure`.
    let failure: String

    static let all = [
        Golden(
            dialect: "events",
            hasIDs: true,
            frames: [
                "event: start\nid: 0abc.0\nretry: 900\ndata: {\"id\":\"0abc\",\"model\":\"m\\\"1\"}\n\n",
                "event: reasoning\nid: 0abc.1\nretry: 900\ndata: hm\ndata: \n\n",
                "event: reasoning\nid: 0abc.2\nretry: 900\ndata: so\n\n",
                "event: token\nid: 0abc.3\nretry: 900\ndata: Hi\n\n",
                "event: token\nretry: 900\ndata:  a\ndata: b\ndata: [\n\nevent: token\nid: 0abc.4\ndata: DONE] \"c\"\n\n",
                "event: extra\nid: 0abc.5\nretry: 900\ndata: {\"chunk\":{\"x\":1},\"delta\":{\"images\":[\"i\"]}}\n\n",
                "event: token\nid: 0abc.6\nretry: 900\ndata: 😀\n\n",
                "event: tool_call\nid: 0abc.7\nretry: 900\ndata: {\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}\n\n",
                "event: tool_call\nid: 0abc.8\nretry: 900\ndata: {\"index\":0,\"function\":{\"arguments\":\"{}\"}}\n\n",
                "event: tool_call\nid: 0abc.9\nretry: 900\ndata: {\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"1\"}}\n\n",
                "",
                "event: refusal\nid: 0abc.11\nretry: 900\ndata: no\n\n",
                "event: token\nretry: 900\ndata: [\n\nevent: token\nid: 0abc.12\ndata: DONE]\n\n",
                "",
                "event: finish\nretry: 900\ndata: {\"status\":\"length\",\"finish_reason\":\"length\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\nevent: done\nid: 0abc.14\ndata: [DONE]\n\n",
            ],
            failure:
                "event: error\nid: 0abc.14\nretry: 900\ndata: {\"error\":{\"type\":\"t\",\"message\":\"cut \\\"off\\\"\",\"code\":\"9\"},\"status\":\"truncated\"}\n\n"
        ),
        Golden(
            dialect: "events",
            hasIDs: false,
            frames: [
                "event: start\ndata: {\"id\":\"0abc\",\"model\":\"m\\\"1\"}\n\n",
                "event: reasoning\ndata: hm\ndata: \n\n",
                "event: reasoning\ndata: so\n\n",
                "event: token\ndata: Hi\n\n",
                "event: token\ndata:  a\ndata: b\ndata: [\n\nevent: token\ndata: DONE] \"c\"\n\n",
                "event: extra\ndata: {\"chunk\":{\"x\":1},\"delta\":{\"images\":[\"i\"]}}\n\n",
                "event: token\ndata: 😀\n\n",
                "event: tool_call\ndata: {\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}\n\n",
                "event: tool_call\ndata: {\"index\":0,\"function\":{\"arguments\":\"{}\"}}\n\n",
                "event: tool_call\ndata: {\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"1\"}}\n\n",
                "",
                "event: refusal\ndata: no\n\n",
                "event: token\ndata: [\n\nevent: token\ndata: DONE]\n\n",
                "",
                "event: finish\ndata: {\"status\":\"length\",\"finish_reason\":\"length\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\nevent: done\ndata: [DONE]\n\n",
            ],
            failure:
                "event: error\ndata: {\"error\":{\"type\":\"t\",\"message\":\"cut \\\"off\\\"\",\"code\":\"9\"},\"status\":\"truncated\"}\n\n"
        ),
        Golden(
            dialect: "text",
            hasIDs: true,
            frames: [
                "",
                "",
                "",
                "id: 0abc.3\nretry: 900\ndata: Hi\n\n",
                "retry: 900\ndata:  a\ndata: b\ndata: [\n\nid: 0abc.4\ndata: DONE] \"c\"\n\n",
                "",
                "id: 0abc.6\nretry: 900\ndata: 😀\n\n",
                "",
                "",
                "",
                "",
                "id: 0abc.11\nretry: 900\ndata: no\n\n",
                "retry: 900\ndata: [\n\nid: 0abc.12\ndata: DONE]\n\n",
                "",
                "event: finish\nretry: 900\ndata: {\"status\":\"length\",\"finish_reason\":\"length\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\nid: 0abc.14\ndata: [DONE]\n\n",
            ],
            failure:
                "event: error\nid: 0abc.14\nretry: 900\ndata: {\"error\":{\"type\":\"t\",\"message\":\"cut \\\"off\\\"\",\"code\":\"9\"}}\n\n"
        ),
        Golden(
            dialect: "text",
            hasIDs: false,
            frames: [
                "",
                "",
                "",
                "data: Hi\n\n",
                "data:  a\ndata: b\ndata: [\n\ndata: DONE] \"c\"\n\n",
                "",
                "data: 😀\n\n",
                "",
                "",
                "",
                "",
                "data: no\n\n",
                "data: [\n\ndata: DONE]\n\n",
                "",
                "data: [DONE]\n\n",
            ],
            failure:
                "event: error\ndata: {\"error\":{\"type\":\"t\",\"message\":\"cut \\\"off\\\"\",\"code\":\"9\"}}\n\n"
        ),
        Golden(
            dialect: "tokens",
            hasIDs: true,
            frames: [
                "",
                "",
                "",
                "event: newToken\nid: 0abc.3\nretry: 900\ndata: Hi\n\n",
                "event: newToken\nretry: 900\ndata:  a\ndata: b\ndata: [\n\nevent: newToken\nid: 0abc.4\ndata: DONE] \"c\"\n\n",
                "",
                "event: newToken\nid: 0abc.6\nretry: 900\ndata: 😀\n\n",
                "",
                "",
                "",
                "",
                "event: newToken\nid: 0abc.11\nretry: 900\ndata: no\n\n",
                "event: newToken\nretry: 900\ndata: [\n\nevent: newToken\nid: 0abc.12\ndata: DONE]\n\n",
                "",
                "event: finish\nretry: 900\ndata: {\"status\":\"length\",\"finish_reason\":\"length\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\nevent: end\nid: 0abc.14\ndata: [DONE]\n\n",
            ],
            failure:
                "event: error\nid: 0abc.14\nretry: 900\ndata: {\"error\":{\"type\":\"t\",\"message\":\"cut \\\"off\\\"\",\"code\":\"9\"},\"status\":\"truncated\"}\n\n"
        ),
        Golden(
            dialect: "tokens",
            hasIDs: false,
            frames: [
                "",
                "",
                "",
                "event: newToken\ndata: Hi\n\n",
                "event: newToken\ndata:  a\ndata: b\ndata: [\n\nevent: newToken\ndata: DONE] \"c\"\n\n",
                "",
                "event: newToken\ndata: 😀\n\n",
                "",
                "",
                "",
                "",
                "event: newToken\ndata: no\n\n",
                "event: newToken\ndata: [\n\nevent: newToken\ndata: DONE]\n\n",
                "",
                "event: finish\ndata: {\"status\":\"length\",\"finish_reason\":\"length\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\nevent: end\ndata: [DONE]\n\n",
            ],
            failure:
                "event: error\ndata: {\"error\":{\"type\":\"t\",\"message\":\"cut \\\"off\\\"\",\"code\":\"9\"},\"status\":\"truncated\"}\n\n"
        ),
        Golden(
            dialect: "content",
            hasIDs: true,
            frames: [
                "",
                "",
                "",
                "id: 0abc.3\nretry: 900\ndata: {\"content\":\"Hi\"}\n\n",
                "id: 0abc.4\nretry: 900\ndata: {\"content\":\" a\\r\\nb\\n[DONE] \\\"c\\\"\"}\n\n",
                "",
                "id: 0abc.6\nretry: 900\ndata: {\"content\":\"😀\"}\n\n",
                "",
                "",
                "",
                "",
                "id: 0abc.11\nretry: 900\ndata: {\"content\":\"no\"}\n\n",
                "id: 0abc.12\nretry: 900\ndata: {\"content\":\"[DONE]\"}\n\n",
                "",
                "retry: 900\ndata: {\"content\":\"\",\"status\":\"length\"}\n\nid: 0abc.14\ndata: [DONE]\n\n",
            ],
            failure:
                "retry: 900\ndata: {\"error\":\"cut \\\"off\\\"\",\"status\":\"truncated\"}\n\nid: 0abc.14\ndata: [DONE]\n\n"
        ),
        Golden(
            dialect: "content",
            hasIDs: false,
            frames: [
                "",
                "",
                "",
                "data: {\"content\":\"Hi\"}\n\n",
                "data: {\"content\":\" a\\r\\nb\\n[DONE] \\\"c\\\"\"}\n\n",
                "",
                "data: {\"content\":\"😀\"}\n\n",
                "",
                "",
                "",
                "",
                "data: {\"content\":\"no\"}\n\n",
                "data: {\"content\":\"[DONE]\"}\n\n",
                "",
                "data: {\"content\":\"\",\"status\":\"length\"}\n\ndata: [DONE]\n\n",
            ],
            failure:
                "data: {\"error\":\"cut \\\"off\\\"\",\"status\":\"truncated\"}\n\ndata: [DONE]\n\n"
        ),
        Golden(
            dialect: "openai",
            hasIDs: true,
            frames: [
                "id: 0abc.0\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.1\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\\n\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.2\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"so\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.3\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.4\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\\r\\nb\\n[DONE] \\\"c\\\"\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.5\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"x\":1,\"choices\":[{\"index\":0,\"delta\":{\"images\":[\"i\"]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.6\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"😀\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.7\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.8\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.9\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"1\"}}]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "",
                "id: 0abc.11\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"no\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "id: 0abc.12\nretry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[DONE]\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "",
                "retry: 900\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}],\"usage\":null}\n\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\nid: 0abc.14\ndata: [DONE]\n\n",
            ],
            failure:
                "retry: 900\ndata: {\"error\":{\"message\":\"cut \\\"off\\\"\",\"type\":\"t\",\"param\":null,\"code\":\"9\"}}\n\nid: 0abc.14\ndata: [DONE]\n\n"
        ),
        Golden(
            dialect: "openai",
            hasIDs: false,
            frames: [
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\\n\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"so\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"Hi\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\" a\\r\\nb\\n[DONE] \\\"c\\\"\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\\r\\nb\\n[DONE] \\\"c\\\"\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"x\":1,\"choices\":[{\"index\":0,\"delta\":{\"images\":[\"i\"]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"😀\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"😀\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"1\"}}]},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"no\",\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"no\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"[DONE]\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[DONE]\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
                "",
                "data: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}],\"usage\":null}\n\ndata: {\"id\":\"chatcmpl-0abc\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\\\"1\",\"content\":\"\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\ndata: [DONE]\n\n",
            ],
            failure:
                "data: {\"error\":{\"message\":\"cut \\\"off\\\"\",\"type\":\"t\",\"param\":null,\"code\":\"9\"}}\n\ndata: [DONE]\n\n"
        ),
    ]
}
