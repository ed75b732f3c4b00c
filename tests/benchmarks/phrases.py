"""What benchmarks type: Chinese phrases, and English sentences."""

from __future__ import annotations

PHRASES = (
    "我们明天下午三点在公司开会",
    "周末要不要一起去吃火锅",
    "你把文件发给我看一下好不好",
    "今天晚上想看什么电影呢",
)
ENGLISH = ("I was going to say that we should", "thanks for the help, see you tomorrow", "do you know what happened")
