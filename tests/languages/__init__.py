"""The words of mails and reader pages in every language that has a catalogue."""
