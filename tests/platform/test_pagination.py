from tidings.platform.pagination import PageRequest


def test_a_page_beyond_everything_is_still_a_number_for_the_database():
    assert PageRequest(page=3, per_page=25).offset == 50
    far = PageRequest(page=2**61 + 1, per_page=239)
    assert far.offset + far.per_page < 2**63
