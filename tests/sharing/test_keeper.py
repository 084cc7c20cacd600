"""The log keeper on a real server: order, forgeries, floods, refusals, rights and erasing."""

import random
from pathlib import Path

from commandlog.log.verify import verify
from tests.sharing.conftest import Host
from tests.sharing.seats import DESKS, empty, room


def test_what_several_desks_send_comes_in_one_order_each_once(tmp_path: Path, host: Host) -> None:
    chance = random.Random(1)
    with room(tmp_path, host) as here:
        keeper = here.keeper()
        empty(keeper)
        written = dict[str, list[bytes]]()
        for _again in range(12):
            for code in DESKS:
                seat = here.seat(code)
                seat.write(chance.randrange(5))
                if chance.random() < 0.7:
                    seat.send()
            keeper.turn()
        for code in DESKS:
            here.seat(code).send()
            rows = here.seat(code).log.db.execute("SELECT id FROM entries ORDER BY since")
            written[code] = [record_id for (record_id,) in rows]
        empty(keeper)
        chain = here.chain()
        assert [row[0] for row in chain] == list(range(1, len(chain) + 1))
        for code, ids in written.items():
            assert [row[1] for row in chain if row[1] in set(ids)] == ids, code
        assert keeper.log.head.seq == len(chain)
        query = "SELECT seq, header, hash, frame, words FROM records ORDER BY seq"
        assert keeper.log.db.execute(query).fetchall() == [(*row[:1], *row[2:6]) for row in chain]
        assert all(row[6] == ["*"] for row in chain)
        keeper.close()
        keeper.log.close()
        assert verify(keeper.log.path, deep=True).fault == ""
