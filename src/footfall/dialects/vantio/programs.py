"""Programs and users. The vendor documents reading users; the rest happens in its dashboard, and
is here in the same style."""

from footfall.api.operations import operation
from footfall.dialects.vantio import campaigns, records, wire
from footfall.dialects.vantio.dialect import Call, Reading
from footfall.dialects.vantio.questions import ListQuery, UsersQuery
from footfall.dialects.vantio.records import ProgramRow, UserRow
from footfall.dialects.vantio.requests import (
    ProgramChange,
    ProgramRequest,
    UserChange,
    UserRequest,
    read_changes,
    read_fields,
)

list_programs, get_program = Reading(
    path="/programs",
    one="a program",
    rows=ProgramRow,
    query=ListQuery,
    page=wire.ProgramList,
    body=lambda row, _: wire.program_body(row),
    detail=lambda row, _: wire.program_body(row),
    answer=wire.Program,
).operations()

# https://docs.vantio.app/api-reference/users/list-users and …/get-user
list_users, get_user = Reading(
    path="/users",
    one="a user",
    rows=UserRow,
    query=UsersQuery,
    filters=("program_id",),
    page=wire.UserList,
    body=lambda row, _: wire.user_body(row),
    detail=lambda row, _: wire.user_detail(row),
    answer=wire.UserDetail,
).operations()


@operation("POST /programs", "Create a program", body=ProgramRequest, answer=wire.Program)
def create_program(call: Call, body: ProgramRequest) -> wire.Program:
    """Where its posters lead, and what an ambassador gets."""
    fields = read_fields(body)
    fields["landing_url"] = campaigns.read_landing_url(fields["landing_url"], call.api.rules)
    with call.writing() as session:
        row = campaigns.create_program(session, call.account, call.now(), **fields)
        return wire.program_body(row)


@operation("PUT /programs/{id}", "Change a program", body=ProgramChange, answer=wire.Program)
def change_program(call: Call, id: str, body: ProgramChange) -> wire.Program:
    """Change what is sent. The next scan of its posters meets a new landing URL."""
    with call.writing() as session:
        row = records.find(session, ProgramRow, call.account, id)
        fields = read_changes(body, row.details, metadata="settings")
        if "landing_url" in fields:
            landing_url = campaigns.read_landing_url(fields["landing_url"], call.api.rules)
            fields["landing_url"] = landing_url
        campaigns.change_program(session, row, call.now(), **fields)
        return wire.program_body(row)


@operation("POST /users", "Create a user", body=UserRequest, answer=wire.UserDetail)
def create_user(call: Call, body: UserRequest) -> wire.UserDetail:
    """A student ambassador of a program."""
    fields = read_fields(body)
    with call.writing() as session:
        return wire.user_detail(campaigns.create_user(session, call.account, call.now(), **fields))


@operation("PUT /users/{id}", "Change a user", body=UserChange, answer=wire.UserDetail)
def change_user(call: Call, id: str, body: UserChange) -> wire.UserDetail:
    """Change what is sent."""
    with call.writing() as session:
        row = records.find(session, UserRow, call.account, id)
        records.change(row, call.now(), read_changes(body, row.details))
        return wire.user_detail(row)
