"""A model without a network for each SDK: it makes the calls it was told to, then sings, and keeps all it is shown."""

import json
from collections.abc import AsyncIterator
from typing import Any

from agents import Model, ModelResponse, Usage
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from pydantic_ai.messages import ModelMessage, TextPart, ToolCallPart
from pydantic_ai.messages import ModelResponse as PydanticResponse
from pydantic_ai.models.function import AgentInfo, FunctionModel

from skill.oauth.tool import NAME

ANSWER = "The canary sings."


class Canary:
    """What the model was shown, the tools of the last request, and the calls that it makes next, one a request."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.tools = ""
        self.calls: list[dict[str, Any]] = []

    def asked(self, tools: object, *shown: object) -> tuple[str, dict[str, Any]] | None:
        """One request; the call's id and arguments, or None: sing."""
        self.tools = repr(tools)
        self.seen.append(self.tools + repr(shown))
        return (f"call_{len(self.seen)}", self.calls.pop(0)) if self.calls else None


class OpenAIModel(Model):
    def __init__(self, canary: Canary) -> None:
        self._canary = canary

    async def get_response(self, *_: Any, input: Any, tools: Any, **rest: Any) -> Any:
        offered = [(each.name, each.params_json_schema) for each in tools]
        call = self._canary.asked(offered, rest["system_instructions"], input)
        output: Any = (
            ResponseFunctionToolCall(call_id=call[0], name=NAME, arguments=json.dumps(call[1]), type="function_call")
            if call
            else ResponseOutputMessage(
                id="m",
                role="assistant",
                status="completed",
                type="message",
                content=[ResponseOutputText(text=ANSWER, type="output_text", annotations=[])],
            )
        )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


def pydantic_model(canary: Canary) -> FunctionModel:
    def answer(messages: list[ModelMessage], info: AgentInfo) -> PydanticResponse:
        call = canary.asked([(each.name, each.parameters_json_schema) for each in info.function_tools], messages)
        return PydanticResponse(parts=[ToolCallPart(NAME, call[1]) if call else TextPart(ANSWER)])

    return FunctionModel(answer)


class LangChainModel(BaseChatModel):
    canary: Any
    tools: list[Any] = []

    @property
    def _llm_type(self) -> str:
        return "canary"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self.model_copy(
            update={"tools": [(each.name, each.tool_call_schema.model_json_schema()) for each in tools]}
        )

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        call = self.canary.asked(self.tools, messages)
        calls = [{"name": NAME, "id": call[0], "args": call[1]}] if call else []
        message = AIMessage(content="" if call else ANSWER, tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message)])
