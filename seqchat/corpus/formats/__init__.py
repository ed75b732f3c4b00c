"""The formats in which messengers and other programs write chats: a file a messenger, or a family of them."""
