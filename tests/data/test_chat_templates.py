"""Chat templates of every dialogue model are the published ones, string for string.

Where FastChat has the model, the string is what its ``get_prompt`` gives: lm-sys/FastChat 0e6d3e4, conversation.py.
"""

from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from clados.data.templates import closed, jinja, messages, written
from clados.models.declared import declared
from clados.spec import Template

BELOW = "Below is an instruction that describes a task. Write a response that appropriately completes the request."
SAID = [("user", "Hello!"), ("assistant", "Hi!"), ("user", "How are you?")]
PUBLISHED = {
    # FastChat: vicuna_v1.1
    "vicuna": "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
    "detailed, and polite answers to the user's questions. USER: Hello! ASSISTANT: Hi!</s>USER: How are you? "
    "ASSISTANT:",
    # FastChat: koala_v1
    "koala": "BEGINNING OF CONVERSATION: USER: Hello! GPT: Hi!</s>USER: How are you? GPT:",
    # FastChat: stable-vicuna, after CarperAI's demonstration
    "stablevicuna": "### Assistant: I am StableVicuna, a large language model created by CarperAI. I am here to chat!"
    "\n\n### Human: Hello!\n### Assistant: Hi!\n\n### Human: How are you?\n### Assistant:",
    # FastChat: oasst_pythia and oasst_llama
    "openassistant-sft1": "<|prompter|>Hello!<|endoftext|><|assistant|>Hi!<|endoftext|><|prompter|>How are you?"
    "<|endoftext|><|assistant|>",
    "openassistant-llama": "<|prompter|>Hello!</s><|assistant|>Hi!</s><|prompter|>How are you?</s><|assistant|>",
    # togethercomputer/OpenChatKit inference/conversation.py, without the date and time before the first turn
    "openchatkit": "<human>: Hello!\n<bot>: Hi!\n<human>: How are you?\n<bot>:",
    # togethercomputer/RedPajama-INCITE-Chat-3B-v1's model card; FastChat: redpajama-incite, with a line's end before it
    "redpajama-incite:chat-3b": "<human>: Hello!\n<bot>: Hi!\n<human>: How are you?\n<bot>:",
    # FastChat: stablelm, as the model card of stabilityai/stablelm-tuned-alpha-7b
    "stablelm:tuned-7b": "<|SYSTEM|># StableLM Tuned (Alpha version)\n- StableLM is a helpful and harmless open-source "
    "AI language model developed by StabilityAI.\n- StableLM is excited to be able to help the user, but will refuse "
    "to do anything that could be considered harmful to the user.\n- StableLM is more than just an information source, "
    "StableLM is also able to write poetry, short stories, and make jokes.\n- StableLM will refuse to participate in "
    "anything that could harm a human.\n<|USER|>Hello!<|ASSISTANT|>Hi!<|USER|>How are you?<|ASSISTANT|>",
    # openai/openai-python 0.27 chatml.md
    "chatgpt": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n"
    "Hi!<|im_end|>\n<|im_start|>user\nHow are you?<|im_end|>\n<|im_start|>assistant\n",
    # how the conversations of anthropics/hh-rlhf are written; what ends an answer is not published: </s> here
    "anthropic-assistant": "\n\nHuman: Hello!\n\nAssistant: Hi!</s>\n\nHuman: How are you?\n\nAssistant:",
    # microsoft/DeepSpeedExamples applications/DeepSpeed-Chat/dschat/utils/data/raw_datasets.py
    "deepspeedchat": " Human: Hello! Assistant: Hi!</s> Human: How are you? Assistant:",
    # Glaese et al. 2022, §2: the turns of User and Sparrow (from memory, and said so in the declaration)
    "sparrow": "User: Hello!\n\nSparrow: Hi!\n\nUser: How are you?\n\nSparrow:",
}
SINGLE = {  # models of one instruction and one answer: what stands before the answer
    # tatsu-lab/stanford_alpaca train.py, PROMPT_DICT
    "alpaca": f"{BELOW}\n\n### Instruction:\nHow are you?\n\n### Response:",
    "alpaca-lora": f"{BELOW}\n\n### Instruction:\nHow are you?\n\n### Response:",
    "gpt-4-llm": f"{BELOW}\n\n### Instruction:\nHow are you?\n\n### Response:",
    "colossalchat": f"{BELOW}\n\n### Instruction:\nHow are you?\n\n### Response:",
    # databrickslabs/dolly training/consts.py, PROMPT_FOR_GENERATION_FORMAT
    "dolly:v2-12b": f"{BELOW}\n\n### Instruction:\nHow are you?\n\n### Response:\n",
    # nomic-ai/gpt4all 02d1bdb gpt4all-training/data.py: the prompt, a line's end, the response and eos
    "gpt4all": "How are you?\n",
    # huggingface/trl 0.11 examples/research_projects/stack_llama/scripts/rl_training.py
    "stackllama": "Question: How are you?\n\nAnswer: ",
}


def rendered(one: Template, said: list[tuple[str, str]], **more: Any) -> str:
    """As transformers does it: messages through the template in Jinja."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    told = [{"role": role, "content": text} for role, text in said]
    return environment.from_string(jinja(one, **more)).render(messages=told, add_generation_prompt=True)


def trained(card: str) -> Template:
    """A card's template as it is trained: where nothing parts an answer from the next prompt, ``</s>`` does."""
    name, _, size = card.partition(":")
    stages = declared(name).recipe_at(size or None).stages
    found = next(made for each in stages if (made := getattr(each.objective, "template", Template())) != Template())
    return closed(found, "</s>", continues=True)


@pytest.mark.parametrize("card", PUBLISHED)
def test_a_conversation_is_written_as_published(card: str) -> None:
    said = [("system", "Be brief."), *SAID] if card == "chatgpt" else SAID
    one = trained(card)
    assert rendered(one, said) == PUBLISHED[card]
    assert written(one, messages(said)).text == PUBLISHED[card]


@pytest.mark.parametrize("card", SINGLE)
def test_an_instruction_is_written_as_published(card: str) -> None:
    one = trained(card)
    assert rendered(one, SAID[-1:]) == SINGLE[card]
    assert written(one, messages(SAID[-1:])).text == SINGLE[card]


def test_an_answer_of_parts_is_one_message() -> None:
    """GopherCite's claim, title and quote (Menick et al. 2022, §2.1) are the whole of what it says."""
    whole = "%<Hi!>%(Greetings)%[Hi is a greeting]%"
    said = [SAID[0], ("assistant", whole)]
    assert whole in rendered(trained("gophercite"), said)
