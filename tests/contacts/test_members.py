"""Members: pages with every filter, and totals that agree with what is there."""

from __future__ import annotations

import pytest

from tidings.contacts import actions, members
from tidings.contacts.types import Draft
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.pagination import PageRequest


async def test_each_filter_narrows_alone_and_with_others_and_the_total_follows(core: Core):
    news = await actions.create_list(core, title="News")
    shop = await actions.create_list(core, title="Shop")
    vip = await actions.create_list(core, title="Very", parent_id=news)
    people = [
        {"email": "ann@x.org", "first_name": "Ann", "last_name": "Lee", "phone": "+4930111"},
        {"email": "bob_@y.org", "first_name": "Bob", "last_name": "Lee"},
    ]
    joined = [
        await actions.join_audience(core, news, Draft(people[0]), group_ids=[vip]),
        await actions.join_audience(core, news, Draft(people[1])),
        await actions.join_audience(core, shop, Draft({"email": "cy@x.org", "first_name": "Cy"})),
    ]

    async def found(**filters: object) -> list[int]:
        page = await members.list_members(core, PageRequest(is_descending=False), **filters)  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return [joined.index(row.id) for row in page.rows]

    assert await found() == [0, 1, 2]
    assert await found(audience_id=news) == [0, 1]
    assert await found(group_id=vip) == [0]
    assert await found(email="X.ORG") == [0, 2]
    assert await found(email="_") == [1]
    assert await found(phone="30111") == [0]
    assert await found(name="lee", audience_id=news, email="bob") == [1]
    assert await found(audience_id=shop, name="lee") == []
    one = await members.member_by_id(core, joined[0])
    assert (one.audience_id, list(one.group_ids), one.contact.email) == (news, [vip], "ann@x.org")
    assert (await members.list_members(core, PageRequest(page=9))).total == 3
    with pytest.raises(NotFound):
        await members.member_by_id(core, 10**6)
