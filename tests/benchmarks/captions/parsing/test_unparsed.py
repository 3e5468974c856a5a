from benchmarks.captions.parsing.unparsed import Unparsed


def test_it_says_why_and_of_which_text():
    error = Unparsed("A text.", "no verb")
    assert (error.text, error.cause, str(error)) == ("A text.", "no verb", "no verb: 'A text.'")
